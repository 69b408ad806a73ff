/** The command line from outside: what it prints and its exit statuses. Failures: failures.test.ts. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { EXIT } from "../../src/errors.js";
import { packagePath } from "../../src/io/package_path.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { modelBytes, node } from "../onnx/model_bytes.js";
import { hasSimulatorTools } from "../tools.js";
import { buildDist, documentOf, type Outcome, onnx2mcu, snapshot } from "./run.js";

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
