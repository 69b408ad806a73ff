/** States: values that a model keeps from call to call, in the host reference and in C. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { type CompileOptions, compile } from "../../src/compile.js";
import { loadBoard } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import type { UserError } from "../../src/errors.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { writeTree } from "../../src/io/files.js";
import { openProject } from "../../src/project/open.js";
import { platformioProject } from "../../src/project/platformio.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { randomValues } from "../onnxruntime.js";
import { isInstalled } from "./compilers.js";

/** h = 0.5 h + x, y = tanh(h). */
const model = modelBytes({
  node: [node("Mul", ["h", "half"], ["kept"]), node("Add", ["kept", "x"], ["hn"]), node("Tanh", ["hn"], ["y"])],
  input: [value("x", [1, 5]), value("h", [1, 5])],
  output: [value("y", [1, 5]), value("hn", [1, 5])],
  initializer: [floats("half", [1], [0.5])],
});
const states = [{ input: "h", output: "hn" }];
const rows = { rows: 20, row: (i: number) => [randomValues(5, i + 1)] };

const [STEPS, FEATURES, HIDDEN] = [3, 4, 5];
const many = (name: string, dims: readonly number[], seed: number) =>
  floats(name, dims, [
    ...randomValues(
      dims.reduce((a, b) => a * b),
      seed,
    ),
  ]);

/** LSTM over a few steps, whose sequence of hidden states is the output. */
const lstm = modelBytes({
  node: [
    node("LSTM", ["steps", "w", "r", "b"], ["sequence"], { attribute: [{ name: "hidden_size", type: 2, i: HIDDEN }] }),
  ],
  input: [value("steps", [STEPS, 1, FEATURES])],
  output: [value("sequence", [STEPS, 1, 1, HIDDEN])],
  initializer: [
    ...[many("w", [1, 4 * HIDDEN, FEATURES], 1), many("r", [1, 4 * HIDDEN, HIDDEN], 2)],
    many("b", [1, 8 * HIDDEN], 3),
  ],
});
const sequences = { rows: 12, row: (i: number) => [randomValues(STEPS * FEATURES, i + 1)] };

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-state-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the host reference keeps the state, until it is reset", () => {
  const { program } = compile(model, { precision: "float32", states });
  expect([program.inputs.length, program.outputs.length]).toEqual([1, 1]);
  const host = hostProgram(program);
  const h = new Float64Array(5);
  const first = runRow(host, program, rows.row(0))[0] as Float32Array;
  host.reset();
  for (let i = 0; i < 10; i++) {
    const [x] = rows.row(i);
    const y = runRow(host, program, [x])[0] as Float32Array;
    if (i === 0) expect(y).toEqual(first);
    for (let k = 0; k < 5; k++) {
      h[k] = 0.5 * h[k] + x[k];
      expect(y[k]).toBeCloseTo(Math.tanh(h[k]), 5);
    }
  }
});

/** Expects the firmware to equal the host reference over two sessions, each of which begins afresh. */
async function expectSessions(options: CompileOptions, source: Uint8Array, data: typeof rows, bytes: number) {
  const compiled = compile(source, { ...options, calibration: () => data });
  expect(compiled.plan.persistentBytes).toBe(bytes);
  const path = mkdtempSync(join(folder, "p"));
  await writeTree(path, platformioProject(compiled, loadBoard("host"), { file: "m.onnx", sha256: "" }));
  const project = openProject(path);
  for (let session = 0; session < 2; session++) {
    const device = await openDevice(project, "host");
    const result = await validateDevice(project, device, data);
    await device.close();
    expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    expect(result.vsFloat?.[0].mae).toBeLessThan(0.02);
  }
}

describe.skipIf(!isInstalled("cc"))("in C (needs cc)", () => {
  test.each([
    ["int8", 32],
    ["float32", 64],
  ] as const)("an LSTM in %s keeps its hidden state and its cell state", async (precision, bytes) => {
    await expectSessions({ precision, stateful: true }, lstm, sequences, bytes);
  });

  test.each([
    { precision: "int8" },
    { precision: "float32" },
    { precision: "int8", io: "float32", ioBuffers: "caller" },
    { precision: "int8", io: "int8", ioBuffers: "caller" },
  ] satisfies CompileOptions[])(
    "$precision, $io io, $ioBuffers: equals the host reference, session after session",
    (options) => expectSessions({ ...options, states }, model, rows, options.precision === "int8" ? 16 : 32),
  );
});

test.each([
  ["no such input", [{ input: "q", output: "hn" }], "E_USAGE"],
  ["no such output", [{ input: "h", output: "q" }], "E_USAGE"],
  ["an input twice", [...states, { input: "h", output: "y" }], "E_USAGE"],
])("refuses %s", (_, wrong, code) => {
  expect(() => compile(model, { precision: "float32", states: wrong })).toThrow(
    expect.objectContaining<Partial<UserError>>({ code: code as "E_USAGE" }),
  );
});

test("refuses a state that changes its shape", () => {
  const growing = modelBytes({
    node: [node("Concat", ["h", "x"], ["hn"], { attribute: [{ name: "axis", type: 2, i: 1 }] })],
    input: [value("x", [1, 5]), value("h", [1, 5])],
    output: [value("hn", [1, 10])],
  });
  expect(() => compile(growing, { precision: "float32", states })).toThrow(
    expect.objectContaining({ code: "E_SHAPE" }),
  );
});
