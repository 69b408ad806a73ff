/** The programmatic API as a user of the package writes against it: public names only. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Compiled,
  canonicalGraph,
  classLabels,
  compile,
  exportQdq,
  hostProgram,
  inputRows,
  loadData,
  type ProgramTensor,
  planMemory,
  quantise,
  type Rows,
  read,
  runRow,
  UserError,
  writeModel,
} from "../src/index.js";

const example = (name: string) => fileURLToPath(new URL(`../examples/digits/${name}`, import.meta.url));
const bytes = readFileSync(example("digits.onnx"));
const data = loadData(example("digits.npz"));

function indexOfLargest(values: ArrayLike<number>): number {
  const list = Array.from(values);
  return list.indexOf(Math.max(...list));
}

const toStored = ({ scale, zeroPoint }: ProgramTensor, real: Float32Array) =>
  Int8Array.from(real, (x) => Math.max(-128, Math.min(127, Math.round(x / scale!) + zeroPoint!)));

/** The first rows of the example's test set. */
function testRows(compiled: Compiled): Rows {
  return inputRows(
    data,
    "inputs",
    compiled.program.inputs.map((id) => compiled.program.tensors[id]),
  );
}

describe("compile", () => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile(bytes, { name: "digits", calibration: (inputs) => inputRows(data, "calibration", inputs) });
  });

  test("gives the C library and a plan of its memory", () => {
    expect([...compiled.files.keys()]).toEqual(expect.arrayContaining(["digits.c", "digits.h", "digits_weights.c"]));
    expect(compiled.files.get("digits.h")).toContain(`#define DIGITS_ARENA_BYTES ${compiled.plan.arenaBytes}\n`);
  });

  test("gives a program that the host runs row by row, and that reads digits", () => {
    const { program } = compiled;
    const host = hostProgram(program);
    const rows = testRows(compiled);
    const labels = classLabels(data)!;
    const count = 100;
    let hits = 0;
    for (let i = 0; i < count; i++) {
      const [logits] = runRow(host, program, [toStored(program.tensors[program.inputs[0]], rows.row(i)[0])]);
      if (indexOfLargest(logits as Int8Array) === labels[i]) hits++;
    }
    expect(hits).toBeGreaterThan(0.95 * count);
  });

  test("takes rows made in memory, and shows layers while it runs", () => {
    const calibration: Rows = { rows: 1, row: () => [Float32Array.from({ length: 64 }, (_, i) => i / 63)] };
    const { program } = compile(bytes, { calibration: () => calibration, io: "float32" });
    const layers: string[] = [];
    const [logits] = runRow(hostProgram(program), program, calibration.row(0), (step) => layers.push(step.operator));
    expect(logits).toBeInstanceOf(Float32Array);
    expect(layers[0]).toBe("QuantizeLinear");
    expect(layers.at(-1)).toBe("DequantizeLinear");
  });

  test("refuses a float model without calibration with a UserError", () => {
    expect(() => compile(bytes)).toThrow(UserError);
    expect(() => compile(bytes)).toThrow(expect.objectContaining({ code: "E_NEEDS_CALIBRATION", exitCode: 2 }));
  });
});

describe("the stages one by one", () => {
  test.each([[{}], [{ observer: { kind: "best" }, corrections: ["equalise", "rounding"] } as const]])(
    "a quantised graph written as QDQ compiles to the same C files: %o",
    (options) => {
      const calibration = (inputs: Parameters<typeof inputRows>[2]) => inputRows(data, "calibration", inputs);
      const { graph: quantised } = quantise(canonicalGraph(read(bytes)), { calibration, ...options });
      const qdq = writeModel(exportQdq(quantised), { producer: "test" });
      const direct = compile(bytes, { name: "digits", calibration, ...options });
      expect(compile(qdq, { name: "digits" }).files).toEqual(direct.files);
      expect(compile(qdq, { name: "digits" }).float).toBeUndefined();
    },
  );

  test("buffers of the caller take inputs and outputs out of the arena", () => {
    const { program, plan } = compile(bytes, { precision: "float32" });
    const outside = planMemory(program, { ioBuffers: "caller" });
    expect(outside.placements[program.inputs[0]].region).toBe("input");
    expect(outside.placements[program.outputs[0]].region).toBe("output");
    expect(outside.arenaBytes).toBeLessThanOrEqual(plan.arenaBytes);
  });
});
