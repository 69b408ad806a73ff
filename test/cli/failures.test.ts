/** Failures of the command line from outside: one line, the documented code and status, and nothing left behind. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERROR_CODES, type ErrorCode, EXIT } from "../../src/errors.js";
import { float32Npy } from "../data/npy_bytes.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasSimulatorTools } from "../tools.js";
import { buildDist, documentOf, onnx2mcu, snapshot } from "./run.js";

let root: string;
/** A project as generated, never changed. */
let project: string;
/** The same with plain kernels, so that this computer runs its files. */
let plain: string;

const at = (...path: string[]) => join(root, ...path);

/** A .npz with one array. */
const npz = (name: string, shape: readonly number[], values: ArrayLike<number>) =>
  zipSync({ [`${name}.npy`]: float32Npy(shape, values) });

const generateArgs = (data: string, output = "out") => [
  ...["generate", DIGITS_MODEL, "--board", "qemu-cortex-m4", "--calibration", data, "-o", output],
];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-failures-"));
  [project, plain] = [at("project"), at("plain")];
  await buildDist();
  documentOf(await onnx2mcu([...generateArgs(DIGITS_DATA, project), "--json"]));
  documentOf(await onnx2mcu([...generateArgs(DIGITS_DATA, plain), "--kernels", "plain", "--json"]));
});
afterAll(() => rmSync(root, { recursive: true }));

/** What goes wrong: arguments, the files that lie in the working directory, and the code. */
const failures: readonly {
  name: string;
  args: string[];
  files?: Record<string, string | Uint8Array>;
  env?: Record<string, string>;
  code: ErrorCode;
  says?: RegExp;
}[] = [
  { name: "unknown command", args: ["compile"], code: "E_USAGE", says: /compile/ },
  { name: "unknown option", args: ["boards", "--fast"], code: "E_USAGE", says: /--fast/ },
  { name: "missing option", args: ["generate", DIGITS_MODEL, "-o", "out"], code: "E_USAGE", says: /--board/ },
  {
    name: "weights that stay inside of none outside",
    args: [...generateArgs(DIGITS_DATA), "--internal-weights", "1KB"],
    code: "E_USAGE",
    says: /--weights external:ADDRESS/,
  },
  { name: "a value out of range", args: [...generateArgs(DIGITS_DATA), "--precision", "int4"], code: "E_USAGE" },
  {
    name: "--stateful without a recurrent layer",
    args: [...generateArgs(DIGITS_DATA), "--stateful"],
    code: "E_USAGE",
    says: /no RNN, GRU or LSTM/,
  },
  { name: "no C identifier", args: [...generateArgs(DIGITS_DATA), "--name", "a-b"], code: "E_USAGE" },
  {
    name: "unknown board",
    args: ["generate", DIGITS_MODEL, "--board", "z80", "-o", "out"],
    code: "E_BOARD_UNKNOWN",
    says: /"z80".*host, .*qemu-cortex-m4/,
  },
  {
    name: "a float model without calibration",
    args: ["generate", DIGITS_MODEL, "--board", "host", "-o", "out"],
    code: "E_NEEDS_CALIBRATION",
    says: /--calibration .*--precision float32/,
  },
  {
    name: "an output folder that is not ours",
    args: generateArgs(DIGITS_DATA),
    files: { "out/thesis.tex": "" },
    code: "E_OUTPUT_NOT_EMPTY",
  },
  {
    name: "an output folder below a file",
    args: generateArgs(DIGITS_DATA, "file/out"),
    files: { file: "" },
    code: "E_OUTPUT_UNWRITABLE",
  },
  {
    name: "an output model below a file",
    args: ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", "file/out.onnx"],
    files: { file: "" },
    code: "E_OUTPUT_UNWRITABLE",
  },
  {
    name: "an unknown correction",
    args: ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", "q.onnx", "--corrections", "bias,magic"],
    code: "E_USAGE",
    says: /equalise,smooth,absorb,analytic,bias,rounding/,
  },
  {
    name: "a table of ranges that is none",
    args: ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", "q.onnx", "--ranges", "r.json"],
    files: { "r.json": "[]" },
    code: "E_DATA_FORMAT",
    says: /r\.json/,
  },
  {
    name: "a table of precisions with an unknown layer",
    args: ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", "q.onnx", "--precisions", "p.json"],
    files: { "p.json": '{"schemaVersion": 1, "precisions": {"nobody": "int4"}}' },
    code: "E_USAGE",
    says: /"nobody" is no layer/,
  },
  {
    name: "a search of another model",
    args: [
      ...["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", "q.onnx"],
      ...["--max-accuracy-drop", "1", "--resume", "s.json"],
    ],
    files: { "s.json": '{"schemaVersion": 1, "search": "x", "values": {}}' },
    code: "E_DATA_FORMAT",
    says: /belongs to another model/,
  },
  { name: "no model", args: ["analyze", "absent.onnx"], code: "E_MODEL_NOT_FOUND", says: /absent\.onnx/ },
  { name: "an empty model", args: ["analyze", "m.onnx"], files: { "m.onnx": "" }, code: "E_MODEL_EMPTY" },
  { name: "no ONNX", args: ["analyze", "m.onnx"], files: { "m.onnx": "#!/bin/sh\n" }, code: "E_NOT_ONNX" },
  {
    name: "unsupported operator",
    args: ["generate", "m.onnx", "--board", "host", "--precision", "float32", "-o", "out"],
    files: { "m.onnx": modelBytes({ node: [node("Sum2", ["x", "w"], ["y"], { name: "sum" })] }) },
    code: "E_OPERATOR_UNSUPPORTED",
  },
  { name: "no calibration file", args: generateArgs("absent.npz"), code: "E_DATA_NOT_FOUND", says: /absent\.npz/ },
  {
    name: "no array for calibration",
    args: generateArgs("d.npz"),
    files: { "d.npz": npz("images", [1, 1, 8, 8], new Array(64).fill(0)) },
    code: "E_DATA_MISSING_ARRAY",
    says: /"calibration".*"images"/,
  },
  {
    name: "calibration of another shape",
    args: generateArgs("d.npz"),
    files: { "d.npz": npz("calibration", [2, 1, 7, 8], new Array(112).fill(0)) },
    code: "E_DATA_SHAPE",
    says: /\[2,1,7,8\].*8,8\]/,
  },
  {
    name: "NaN in the calibration",
    args: generateArgs("d.npz"),
    files: { "d.npz": npz("calibration", [2, 1, 8, 8], new Array(128).fill(0).with(70, Number.NaN)) },
    code: "E_DATA_NOT_FINITE",
    says: /row 1 holds NaN/,
  },
  {
    name: "zero rows of calibration",
    args: generateArgs("d.npz"),
    files: { "d.npz": npz("calibration", [0, 1, 8, 8], []) },
    code: "E_DATA_EMPTY",
  },
  {
    name: "a model too large for the board",
    args: ["generate", "m.onnx", "--board", "qemu-cortex-m4", "--precision", "float32", "-o", "out"],
    files: {
      "m.onnx": modelBytes({
        node: [node("Sigmoid", ["x"], ["y"])],
        input: [value("x", [1, 1_500_000])],
        output: [value("y", [1, 1_500_000])],
        initializer: [],
      }),
    },
    code: "E_DOES_NOT_FIT",
    says: /6000000 bytes of RAM for the arena, 1805696 more than the 4194304/,
  },
  { name: "no folder to build", args: ["build", "absent"], code: "E_NOT_A_PROJECT" },
  { name: "a folder without manifest", args: ["build", "."], files: { a: "" }, code: "E_NOT_A_PROJECT" },
  { name: "a file instead of a project", args: ["bench", "a"], files: { a: "" }, code: "E_NOT_A_PROJECT" },
  {
    name: "a damaged project",
    args: ["bench", "."],
    files: { "m_manifest.json": "null", "reference/m/firmware.json": "null", "reference/m/plan.json": "null" },
    code: "E_NOT_A_PROJECT",
  },
];

describe("failures: one line, the documented code and status, and nothing written", () => {
  async function expectFailure(
    folder: string,
    args: readonly string[],
    code: ErrorCode,
    says: RegExp,
    env: Record<string, string> = {},
  ): Promise<void> {
    const before = snapshot(folder);
    const withJson = await onnx2mcu([...args, "--json"], { cwd: folder, env });
    const document = documentOf(withJson, ERROR_CODES[code].exit);
    expect(Object.keys(document)).toEqual(["schemaVersion", "error"]);
    expect(Object.keys(document.error)).toEqual(["code", "node", "message"]);
    expect(document.error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(document.error.message).not.toMatch(/\n/);
    expect(snapshot(folder)).toEqual(before);
  }

  test.concurrent.for(failures)("$name", async ({ args, files = {}, env, code, says = /./ }) => {
    const folder = mkdtempSync(at("failure-"));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    await expectFailure(folder, args, code, says, env);
  });

  const validateHost = () => ["validate", project, "--on", "host", "--data", DIGITS_DATA];
  test.for<[string, () => string[], ErrorCode, RegExp, Record<string, string>?]>([
    ["bench before build", () => ["bench", project], "E_TOOL_FAILED", /not built yet; run onnx2mcu build/],
    [
      "validate in the simulator before build",
      () => ["validate", project, "--on", "simulator", "--data", DIGITS_DATA],
      "E_TOOL_FAILED",
      /not built yet/,
    ],
    [
      "no PlatformIO",
      () => ["build", project],
      "E_TOOL_MISSING",
      /ONNX2MCU_PIO/,
      { ONNX2MCU_PIO: join(tmpdir(), "absent", "pio") },
    ],
    ["no compiler for the host", validateHost, "E_TOOL_MISSING", /compiler/, { PATH: "", CC: "" }],
    [
      "no compiler for the board",
      () => ["build", project],
      "E_TOOL_MISSING",
      /arm-none-eabi-gcc is missing.*apt-get install gcc-arm-none-eabi/,
      { PATH: "", ONNX2MCU_PIO: process.execPath },
    ],
    ["no data", () => [...validateHost().slice(0, -1), "absent.csv"], "E_DATA_NOT_FOUND", /absent\.csv/],
    ["a limit of zero rows", () => [...validateHost(), "--limit", "0"], "E_USAGE", /--limit/],
  ])("%s", async ([, args, code, says, env]) => {
    await expectFailure(project, args(), code, says, env);
  });

  test.for([
    { args: ["build", "absent"], status: EXIT.usage, line: /^E_NOT_A_PROJECT: absent is no firmware project/ },
    { args: ["analyze", "absent.onnx"], status: EXIT.badModel, line: /^E_MODEL_NOT_FOUND: .*absent\.onnx/ },
  ])("without --json the line is on stderr, and stdout is empty: $args", async ({ args, status, line }) => {
    const outcome = await onnx2mcu(args, { cwd: root });
    expect({ status: outcome.status, stdout: outcome.stdout }).toEqual({ status, stdout: "" });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0].replace(/^onnx2mcu: /, "")).toMatch(line);
  });

  test("without a command it helps, on stderr", async () => {
    const { status, stdout, stderr } = await onnx2mcu([]);
    expect({ status, stdout }).toEqual({ status: EXIT.usage, stdout: "" });
    expect(stderr).toMatch(/^Usage: [\s\S]*\nonnx2mcu: E_USAGE: a command is needed; see onnx2mcu --help\n$/);
  });

  test("the node that is at fault is named", async () => {
    const model = at("sum.onnx");
    writeFileSync(model, modelBytes({ node: [node("Sum2", ["x", "w"], ["y"], { name: "sum" })] }));
    const args = ["generate", model, "--board", "host", "--precision", "float32", "-o", at("sum"), "--json"];
    expect(documentOf(await onnx2mcu(args), EXIT.badModel).error.node).toBe("sum");
  });

  test("a source that does not compile: its first error", async () => {
    const folder = at("spoilt");
    cpSync(plain, folder, { recursive: true });
    writeFileSync(join(folder, "src", "main.c"), "int main(void) { return nonsense; }\n");
    const before = snapshot(folder);
    const { error } = documentOf(
      await onnx2mcu(["validate", folder, "--on", "host", "--data", DIGITS_DATA, "--json"]),
      EXIT.tool,
    );
    expect(error).toMatchObject({ code: "E_TOOL_FAILED", message: expect.stringMatching(/nonsense.*undeclared/) });
    expect(snapshot(folder)).toEqual(before);
    if (!hasSimulatorTools) return;
    const build = documentOf(await onnx2mcu(["build", folder, "--json"]), EXIT.tool);
    expect(build.error).toMatchObject({
      code: "E_TOOL_FAILED",
      message: expect.stringMatching(/nonsense.*undeclared/),
    });
  });
});
