/**
 * The whole path on real models: generated, built by PlatformIO, run in the simulator, compared byte for byte, measured
 * against the figures that must hold. Skips without the folder of models, or the tools.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { benchProject } from "../../src/cli/bench.js";
import { addRow, EMPTY_COMPARISON, snr, topClass } from "../../src/compare/metrics.js";
import { realValues, storedValues, validateDevice } from "../../src/compare/validate.js";
import { type Compiled, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { classLabels, inputRows } from "../../src/data/rows.js";
import { loadBoard } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { writeTree } from "../../src/io/files.js";
import { hybridSteps } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import { openProject, type Project } from "../../src/project/open.js";
import { platformioProject } from "../../src/project/platformio.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { session } from "../onnxruntime.js";
import { hasShared, SHARED } from "../shared.js";
import { hasSimulatorTools } from "../tools.js";

interface Expected {
  readonly model: string;
  /** Rows in the simulator; default all. */
  readonly simulated?: number;
  /** Bytes. */
  readonly arena?: number;
  /** Transpose steps that are left; default none. */
  readonly transposes?: number;
  readonly flash?: number;
  readonly instructions?: number;
  /** onnxruntime's static MinMax QDQ of the model against float, in dB; ours may be 1 dB less. */
  readonly snr?: number;
}

const models: readonly Expected[] = [
  { model: "digits_cnn" },
  { model: "mlperf_kws", arena: 17_000, flash: 45_000, instructions: 43e6 },
  { model: "mlperf_ic", simulated: 10, arena: 51_000, flash: 100_000, instructions: 107e6 },
  { model: "mlperf_vww", simulated: 10, arena: 57_000, flash: 250_000, instructions: 100e6 },
  { model: "mlperf_ad", arena: 1_800, flash: 290_000, instructions: 2e6, snr: 35.8 },
  { model: "mnist_mbv3" },
  { model: "mnist_denoise_unet", snr: 45.3 },
  { model: "mnist_convae", snr: 37.3 },
  { model: "zoo_mnist8" },
  { model: "tinymaix_mnist_dw" },
  { model: "fsdd_gru", simulated: 40, arena: 1_700 },
  // Its input has the time last.
  { model: "watch_lstm", simulated: 40, arena: 1_600, transposes: 1 },
];

const board = loadBoard("qemu-cortex-m4");

describe.skipIf(!hasShared).each(models)("$model (needs ../shared)", (expected) => {
  const folder = join(SHARED, "models", expected.model);
  const source = join(folder, "model.onnx");
  let compiled: Compiled;
  let float: Compiled;
  let project: Project;
  let work: string;
  const file = hasShared ? loadData(join(folder, "data.npz")) : undefined!;
  const rowsFor = ({ program }: Compiled) =>
    inputRows(
      file,
      "inputs",
      program.inputs.map((id) => program.tensors[id]),
    );

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "onnx2mcu-models-"));
    compiled = compile(source, { name: "net", calibration: (inputs) => inputRows(file, "calibration", inputs) });
    float = compile(source, { name: "net", precision: "float32" });
    await writeTree(join(work, "int8"), platformioProject(compiled, board, { file: "model.onnx", sha256: "" }));
    project = openProject(join(work, "int8"));
  }, 120_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test("arena within bounds, no Transpose that the layout could absorb", () => {
    expect(compiled.plan.arenaBytes).toBeLessThanOrEqual(expected.arena ?? Number.POSITIVE_INFINITY);
    expect(compiled.plan.optimal).toBe(true);
    const transposes = compiled.program.steps.filter(({ kernel }) => kernel === "nn_transpose");
    expect(transposes).toHaveLength(expected.transposes ?? 0);
    // Nothing runs in float32.
    expect(hybridSteps(compiled.program)).toEqual([]);
  });

  test("host build equals the host reference on every row; int8 keeps the accuracy", async () => {
    const device = await openDevice(project, "host");
    const labels = classLabels(file);
    const result = await validateDevice(project, device, rowsFor(compiled), { labels });
    await device.close();
    expect(result.firmwareVsHost.every(({ equal }) => equal)).toBe(true);
    if (!labels) return;
    expect(result.accuracy.host! - result.accuracy.float!).toBeGreaterThanOrEqual(-0.01);
  }, 240_000);

  // Tests that say nothing about a model are not declared for it: a skipped test means that something is missing.
  const { snr: required } = expected;
  if (required !== undefined)
    test("output SNR against float", () => {
      const host = hostProgram(compiled.program);
      const reference = hostProgram(float.program);
      const rows = rowsFor(compiled);
      let sum = EMPTY_COMPARISON;
      const [output] = compiled.program.outputs.map((id) => compiled.program.tensors[id]);
      for (let i = 0; i < rows.rows; i++) {
        const real = rows.row(i);
        const stored = compiled.program.inputs.map((id, k) => storedValues(compiled.program.tensors[id], real[k]));
        const ours = realValues(output, runRow(host, compiled.program, stored)[0]);
        sum = addRow(sum, ours, runRow(reference, float.program, real)[0] as Float32Array);
      }
      expect(snr(sum)).toBeGreaterThanOrEqual(required - 1);
    });

  test("the QDQ model in onnxruntime agrees, and gives the same firmware", async () => {
    const bytes = writeModel(exportQdq(compiled.graph), { producer: "onnx2mcu" });
    const again = compile(bytes, { name: "net" });
    expect([...again.files]).toEqual([...compiled.files]);
    const run = await session(bytes);
    const host = hostProgram(compiled.program);
    const rows = rowsFor(compiled);
    const count = Math.min(rows.rows, 100);
    const inputs = compiled.program.inputs.map((id) => compiled.program.tensors[id]);
    const [output] = compiled.program.outputs.map((id) => compiled.program.tensors[id]);
    let sameClass = 0;
    let difference = 0;
    let elements = 0;
    for (let i = 0; i < count; i++) {
      const real = rows.row(i);
      const theirs = await run(
        real,
        inputs.map(({ shape }) => shape),
      );
      const stored = inputs.map((tensor, k) => storedValues(tensor, real[k]));
      const ours = realValues(output, runRow(host, compiled.program, stored)[0]);
      if (topClass(ours) === topClass(theirs)) sameClass++;
      ours.forEach((value, k) => {
        difference += Math.abs(value - theirs[k]);
      });
      elements += ours.length;
    }
    expect(sameClass / count).toBeGreaterThanOrEqual(0.99);
    expect(difference / elements).toBeLessThan(output.scale! / 2);
  }, 120_000);

  test("float32 firmware on the host equals onnxruntime within 1e-4", async () => {
    await writeTree(join(work, "float32"), platformioProject(float, board, { file: "model.onnx", sha256: "" }));
    const device = await openDevice(openProject(join(work, "float32")), "host");
    const { readFileSync } = await import("node:fs");
    const run = await session(readFileSync(source));
    const rows = rowsFor(float);
    const inputs = float.program.inputs.map((id) => float.program.tensors[id]);
    let largest = 0;
    let worst = 0;
    for (let i = 0; i < Math.min(rows.rows, 20); i++) {
      const real = rows.row(i);
      const theirs = await run(
        real,
        inputs.map(({ shape }) => shape),
      );
      const { outputs } = await device.run(real.map((x) => new Uint8Array(x.slice().buffer)));
      const ours = new Float32Array(outputs[0].slice().buffer);
      ours.forEach((value, k) => {
        worst = Math.max(worst, Math.abs(value - theirs[k]));
        largest = Math.max(largest, Math.abs(theirs[k]));
      });
    }
    await device.close();
    expect(worst).toBeLessThanOrEqual(1e-4 * largest);
  }, 120_000);

  test.skipIf(!hasSimulatorTools)(
    "firmware in the simulator equals the host reference; flash and instructions within bounds",
    async () => {
      await buildProject(project.folder, board);
      const bench = await benchProject(project);
      expect(bench.flash.total).toBeLessThanOrEqual(expected.flash ?? Number.POSITIVE_INFINITY);
      expect(bench.instructions).toBeLessThanOrEqual(expected.instructions ?? Number.POSITIVE_INFINITY);
      expect(bench.ram.stack).toBeGreaterThan(0);
      const device = await openDevice(project, "simulator");
      const result = await validateDevice(project, device, rowsFor(compiled), { limit: expected.simulated });
      await device.close();
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    },
    300_000,
  );

  // The slowest models are left out.
  if (expected.simulated === undefined)
    test.skipIf(!hasSimulatorTools)(
      "float32 firmware in the simulator equals the host reference in every byte",
      async () => {
        const folder = openProject(join(work, "float32"));
        await buildProject(folder.folder, board);
        const device = await openDevice(folder, "simulator");
        const result = await validateDevice(folder, device, rowsFor(float), { limit: 3 });
        await device.close();
        expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      },
      300_000,
    );
});

describe.skipIf(!hasShared)("NHWC and NCHW exports of one model (needs ../shared)", () => {
  test.each(["mlperf_ic", "mlperf_vww"])(
    "%s: same firmware for the same --input-layout",
    (model) => {
      const folder = join(SHARED, "models", model);
      const file = loadData(join(folder, "data.npz"));
      const build = (name: string) =>
        compile(join(folder, name), {
          name: "net",
          inputLayout: "nhwc",
          calibration: (inputs) => {
            const rows = inputRows(file, "calibration", inputs);
            return { ...rows, rows: 10 };
          },
        });
      const last = build("model.onnx");
      const first = build("model.nchw.onnx");
      expect(first.view.signature).toBe(last.view.signature);
      expect([...first.files]).toEqual([...last.files]);
    },
    120_000,
  );
});
