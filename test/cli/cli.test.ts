/** The command line from outside: what it prints, its exit statuses, and that failures leave nothing behind. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFits } from "../../src/cli/generate.js";
import { loadBoard } from "../../src/device/boards.js";
import { ERROR_CODES, type ErrorCode, EXIT } from "../../src/errors.js";
import { packagePath } from "../../src/io/package_path.js";
import { float32Npy } from "../data/npy_bytes.js";
import { compileDigits, DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasSimulatorTools } from "../tools.js";
import { buildDist, type Outcome, onnx2mcu, snapshot } from "./run.js";

const FROM_FLOAT = ["--board", "qemu-cortex-m4", "--calibration", DIGITS_DATA];
let root: string;
/** A project as generated, never changed. */
let project: string;
/** The same with plain kernels, so that this computer runs its files. */
let plain: string;

const at = (...path: string[]) => join(root, ...path);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-cli-"));
  project = at("project");
  await buildDist();
  const { status, stderr } = await onnx2mcu(["generate", DIGITS_MODEL, ...FROM_FLOAT, "-o", project]);
  expect(stderr).toBe("");
  expect(status).toBe(EXIT.ok);
  plain = at("plain");
  documentOf(await onnx2mcu(["generate", DIGITS_MODEL, ...FROM_FLOAT, "--kernels", "plain", "-o", plain, "--json"]));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Stdout as the one JSON document that --json promises. */
function documentOf({ status, stdout, stderr }: Outcome, expected: number = EXIT.ok) {
  expect({ status, stderr }).toMatchObject({ status: expected });
  return JSON.parse(stdout);
}

/** What a document holds: keys at every level, arrays by their first element, leaves by type. */
function shapeOf(content: unknown): unknown {
  if (content === null) return "null";
  if (Array.isArray(content)) return content.length === 0 ? [] : [shapeOf(content[0])];
  if (typeof content !== "object") return typeof content;
  return Object.fromEntries(Object.entries(content).map(([key, inner]) => [key, shapeOf(inner)]));
}

const numbers = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "number"]));
const METRICS = numbers("acc", "rmse", "mae", "l2r", "mean", "std", "nse", "cos");
const COMPARED = { equal: "boolean", mismatches: "number", maxAbsDiff: "number" };
const ACCURACY = numbers("float", "host", "target");
const VALIDATION = {
  schemaVersion: "number",
  target: "string",
  rows: "number",
  firmwareVsHost: COMPARED,
  vsFloat: METRICS,
  hostVsFloat: METRICS,
  targetVsHost: METRICS,
  accuracy: ACCURACY,
  confusion: [["number"]],
  latency: numbers("runs", "min", "mean", "max", "std"),
  layers: [{ ...numbers("layer", "seconds"), ...{ node: "string", operator: "string", snr: "null" } }],
  ...{ stackBytes: "number", baud: "null", signature: "string" },
};
const BENCH = {
  board: "string",
  core: "string",
  cycleModel: "string",
  cyclesExact: "boolean",
  ...numbers("instructions", "cycles", "macs"),
  flash: numbers("code", "weights", "total"),
  ram: numbers("arena", "static", "stack", "total"),
  support: numbers("flash", "ram"),
  layers: [{ name: "string", operator: "string", ...numbers("macs", "instructions", "cycles") }],
};

describe("--json gives one document with exactly these keys", () => {
  test("analyze", async () => {
    const document = documentOf(await onnx2mcu(["analyze", DIGITS_MODEL, "--json"]));
    const port = [{ name: "string", shape: ["number"], type: "string" }];
    expect(shapeOf({ ...document, operators: {} })).toEqual({
      schemaVersion: "number",
      model: { name: "string", opset: "number", inputs: port, outputs: port },
      ...numbers("params", "macs"),
      operators: {},
      unsupported: [],
      quantised: "boolean",
    });
    expect(document).toMatchObject({ schemaVersion: 1, macs: 133872, operators: { Conv: 3, Gemm: 1 } });
  });

  test("analyze of an operator that is not supported", async () => {
    const model = at("unsupported.onnx");
    writeFileSync(model, modelBytes({ node: [node("Sum2", ["x", "w"], ["y"], { name: "sum" })] }));
    const document = documentOf(await onnx2mcu(["analyze", model, "--json"]));
    expect(document).toMatchObject({ macs: null, quantised: null, unsupported: [{ node: "sum", operator: "Sum2" }] });
    expect(Object.keys(document.unsupported[0])).toEqual(["node", "operator", "reason"]);
  });

  test("quantize, and generate from its QDQ model: the same firmware", async () => {
    const model = at("digits.onnx");
    const args = ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", model, "--json"];
    expect(shapeOf(documentOf(await onnx2mcu(args)))).toEqual({
      schemaVersion: "number",
      output: "string",
      ...numbers("bytes", "rows", "nodes"),
      warnings: [],
      layers: expect.any(Array),
      equalised: [],
      absorbed: [],
      analytic: [],
      rounded: [],
      classes: expect.any(Object),
      observers: expect.any(Object),
      precisions: {},
    });
    const folder = at("from_qdq");
    documentOf(await onnx2mcu(["generate", model, "--board", "qemu-cortex-m4", "-o", folder, "--json"]));
    for (const file of ["digits.c", "digits.h", "digits_weights.c"]) {
      const path = join("lib", "digits", "src", file);
      expect(readFileSync(join(folder, path), "utf8")).toBe(readFileSync(join(project, path), "utf8"));
    }
  });

  test("quantize --layers, and --ranges from --save-ranges: the same model", async () => {
    const common = ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA];
    const first = [
      "-o",
      at("a.onnx"),
      "--save-ranges",
      at("r.json"),
      "--observer",
      "best",
      "--corrections",
      "auto",
      "--layers",
    ];
    const { status, stdout } = await onnx2mcu([...common, ...first]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/dB here.*dB alone[\s\S]*Gemm[\s\S]*better weights or biases/);
    const plain = await onnx2mcu([...common, "-o", at("b.onnx"), "--observer", "best", "--save-ranges", at("s.json")]);
    expect(plain.status).toBe(0);
    expect((await onnx2mcu([...common, "-o", at("c.onnx"), "--ranges", at("s.json")])).status).toBe(0);
    expect(readFileSync(at("c.onnx"))).toEqual(readFileSync(at("b.onnx")));
    expect(readFileSync(at("a.onnx"))).not.toEqual(readFileSync(at("b.onnx")));
  });

  test("quantize --max-accuracy-drop: fewer bytes, the budget kept, the table of precisions gives the same model", async () => {
    const common = ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "--corrections", "auto"];
    const search = ["--max-accuracy-drop", "1", "--search-rows", "100", "--resume", at("search.json"), "--json"];
    const first = [...common, ...search, "-o", at("mixed.onnx"), "--save-precisions", at("p.json")];
    const { search: found, precisions } = documentOf(await onnx2mcu(first));
    expect(found).toMatchObject({ metric: "accuracy", unit: "points", rows: 100, keeps: true });
    expect(found.reference - found.chosen.value).toBeLessThanOrEqual(1);
    expect(Object.values(precisions)).toContain("int4");
    expect(found.chosen.weightBytes).toBeLessThan(
      found.trials.find((trial: { precisions: object }) => Object.keys(trial.precisions).length === 0).weightBytes,
    );
    expect(JSON.parse(readFileSync(at("p.json"), "utf8")).precisions).toEqual(precisions);

    const again = await onnx2mcu([...common, "--precisions", at("p.json"), "-o", at("again.onnx")]);
    expect(again.status).toBe(0);
    expect(readFileSync(at("again.onnx"))).toEqual(readFileSync(at("mixed.onnx")));
    const resumed = await onnx2mcu([...common, ...search, "-o", at("resumed.onnx")]);
    expect(resumed.stderr).toMatch(/models are judged already/);
    expect(documentOf(resumed).search.chosen).toEqual(found.chosen);
    const wide = await onnx2mcu([...common, ...search, "--activations", "int16", "-o", at("wide.onnx")]);
    expect(wide.stdout + wide.stderr).toMatch(/E_DATA_FORMAT[\s\S]*other options/);
  });

  test("quantize --metric: a function of the user's", async () => {
    writeFileSync(at("metric.mjs"), "export default (outputs, float) => -Math.abs(outputs[0][0] - float[0][0]);\n");
    const common = ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "-o", at("m.onnx"), "--json"];
    const args = [...common, "--max-accuracy-drop", "10", "--search-rows", "5", "--metric"];
    const { search } = documentOf(await onnx2mcu([...args, at("metric.mjs")]));
    expect(search).toMatchObject({ metric: at("metric.mjs"), unit: "", reference: expect.closeTo(0, 9) });
    writeFileSync(at("none.mjs"), "export default 3;\n");
    const refused = await onnx2mcu([...args, at("none.mjs")]);
    expect(refused.stdout + refused.stderr).toMatch(/E_USAGE[\s\S]*no function/);
  });

  test("quantize --sensitivity: what each layer costs in int4", async () => {
    const args = ["quantize", DIGITS_MODEL, "--calibration", DIGITS_DATA, "--sensitivity", "-o", at("s.onnx")];
    const { status, stdout } = await onnx2mcu(args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/dB if it is int4[\s\S]*Gemm[\s\S]*all int8: \d+/);
  });

  test("generate, from another working directory", async () => {
    const cwd = at("elsewhere");
    mkdirSync(cwd);
    const run = await onnx2mcu(["generate", DIGITS_MODEL, ...FROM_FLOAT, "-o", "firmware", "--json"], { cwd });
    expect(shapeOf(documentOf(run))).toEqual({
      schemaVersion: "number",
      project: "string",
      name: "string",
      board: "string",
      format: "string",
      precision: "string",
      signature: "string",
      ...numbers("layers", "macs", "tables", "written"),
      arena: { bytes: "number", lowerBound: "number", optimal: "boolean" },
      limits: {},
      weights: { place: "string" },
      eliminated: { layers: [], macs: numbers("before", "after"), tableBytes: "number" },
      choice: { optimize: "string", why: "string", ...numbers("cycles", "leastCycles") },
      float32Layers: [],
      ortAgreement: [],
      warnings: [],
    });
    const relative = (folder: string) =>
      Object.fromEntries(Object.entries(snapshot(folder)).map(([path, text]) => [path.slice(folder.length), text]));
    expect(relative(join(cwd, "firmware"))).toEqual(relative(project));
  });

  test("validate", async () => {
    const args = ["validate", project, "--on", "host", "--data", DIGITS_DATA, "--limit", "20", "--json"];
    const document = documentOf(await onnx2mcu(args));
    expect(shapeOf(document)).toEqual(VALIDATION);
    expect(document).toMatchObject({ target: "host", rows: 20, firmwareVsHost: { equal: true, mismatches: 0 } });
    const perLayer = documentOf(await onnx2mcu([...args, "--per-layer"]));
    const layers = [{ ...VALIDATION.layers[0], snr: "number" }];
    expect(shapeOf(perLayer)).toEqual({ ...VALIDATION, layers, firstDivergence: "null", insideCascades: [] });
  });

  test("boards and supported-ops", async () => {
    const { boards, ...rest } = documentOf(await onnx2mcu(["boards", "--json"]));
    expect(rest).toEqual({ schemaVersion: 1 });
    expect(boards).toContainEqual(loadBoard("qemu-cortex-m4"));
    expect(shapeOf(documentOf(await onnx2mcu(["supported-ops", "--json"])))).toEqual({
      schemaVersion: "number",
      domain: "string",
      opset: numbers("min", "max"),
      operators: [{ operator: "string", notes: "string" }],
      refused: [{ operator: "string", reason: "string" }],
    });
  });

  test.skipIf(!hasSimulatorTools)("demo, build and bench (needs PlatformIO, arm-none-eabi-gcc and qemu)", async () => {
    const folder = at("demo");
    const demo = documentOf(await onnx2mcu(["demo", "-o", folder, "--limit", "5", "--json"]));
    expect(shapeOf(demo)).toEqual({
      schemaVersion: "number",
      project: "string",
      target: "string",
      rows: "number",
      equal: "boolean",
      accuracy: ACCURACY,
      bench: BENCH,
    });
    expect(demo).toMatchObject({ target: "simulator", rows: 5, equal: true });
    const build = documentOf(await onnx2mcu(["build", folder, "--json"]));
    expect(shapeOf(build)).toEqual({
      schemaVersion: "number",
      board: "string",
      elf: "string",
      map: "string",
      seconds: "number",
    });
    const bench = documentOf(await onnx2mcu(["bench", folder, "--json"]));
    expect(bench).toEqual({ schemaVersion: 1, ...demo.bench });
    const { instructions, layers } = bench;
    const names = layers.map((layer: { name: string }) => layer.name);
    expect(names).toEqual(["conv1", "pool", "conv3", "average", "fc"]);
    const inLayers = layers.reduce((sum: number, layer: { instructions: number }) => sum + layer.instructions, 0);
    expect(inLayers).toBeLessThanOrEqual(instructions);
    expect(inLayers).toBeGreaterThan(0.99 * instructions);
  });
});

test("prose goes to stdout without --json, and a reader that stops early is no error", async () => {
  const { status, stdout, stderr } = await onnx2mcu(["analyze", DIGITS_MODEL]);
  expect({ status, stderr }).toEqual({ status: EXIT.ok, stderr: "" });
  expect(stdout).toMatch(/opset \d+, .* parameters/);
  const child = spawn(process.execPath, [packagePath("dist", "cli.js"), "boards", "--json"]);
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  expect(said).toBe("");
});

describe("firmware that differs from the host", () => {
  /** Another constant in the host's reference, under the same signature. */
  async function validateTampered(...more: string[]): Promise<Outcome> {
    const folder = mkdtempSync(at("tampered-"));
    cpSync(plain, folder, { recursive: true });
    const path = join(folder, "reference", "digits", "firmware.json");
    const program = JSON.parse(readFileSync(path, "utf8"));
    const last = program.steps.at(-1);
    const bias = program.constants[last.constants.bias];
    const bytes = Buffer.from(bias.data, "base64");
    bytes[1] ^= 0x40;
    bias.data = bytes.toString("base64");
    writeFileSync(path, JSON.stringify(program));
    return onnx2mcu(["validate", folder, "--on", "host", "--data", DIGITS_DATA, "--limit", "3", ...more]);
  }

  test("exit status 1, and the document says how much", async () => {
    const { firmwareVsHost } = documentOf(await validateTampered("--json"), EXIT.comparisonFailed);
    expect(firmwareVsHost.equal).toBe(false);
    expect(firmwareVsHost.mismatches).toBeGreaterThan(0);
    expect(firmwareVsHost.maxAbsDiff).toBeGreaterThan(0);
  });

  test("--per-layer names row, layer, element and both values", async () => {
    const { firstDivergence } = documentOf(await validateTampered("--per-layer", "--json"), EXIT.comparisonFailed);
    expect(firstDivergence).toMatchObject({ row: 0, layer: 3, node: "fc", operator: "Gemm", index: 0 });
    expect(firstDivergence.host).not.toBe(firstDivergence.target);
    const { status, stdout } = await validateTampered("--per-layer");
    expect(status).toBe(EXIT.comparisonFailed);
    const { host, target } = firstDivergence;
    expect(stdout).toContain(`row 0, layer 3 (Gemm, node "fc"), element 0: host ${host}, target ${target}`);
  });
});

/** A .npz with one array. */
const npz = (name: string, shape: readonly number[], values: ArrayLike<number>) =>
  zipSync({ [`${name}.npy`]: float32Npy(shape, values) });

const generateArgs = (data: string, output = "out") => [
  ...["generate", DIGITS_MODEL, "--board", "qemu-cortex-m4", "--calibration", data, "-o", output],
];

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

describe("checkFits", () => {
  const compiled = compileDigits();
  const board = loadBoard("qemu-cortex-m4");
  const withBytes = (flash: number, ram: number) => ({
    ...board,
    memory: {
      flash: [{ ...board.memory.flash[0], bytes: flash }],
      ram: [{ ...board.memory.ram[0], bytes: ram }],
    },
  });

  test("takes what fits to the byte, and says by how much the rest is too large", () => {
    const { arenaBytes } = compiled.plan;
    expect(() => checkFits(compiled, withBytes(2 ** 20, arenaBytes))).not.toThrow();
    expect(() => checkFits(compiled, withBytes(2 ** 20, arenaBytes - 36))).toThrow(
      ` 36 more than the ${arenaBytes - 36} `,
    );
    expect(() => checkFits(compiled, withBytes(1000, arenaBytes))).toThrow(/flash for the weights.*--optimize flash/);
  });
});
