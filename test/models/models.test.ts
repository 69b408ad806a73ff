/**
 * The whole path on real models: generated, built by PlatformIO, run in the simulator, compared byte for byte, measured
 * against the figures that must hold. Skips without the folder of models, or the tools.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topClass } from "../../src/compare/metrics.js";
import { validateDevice } from "../../src/compare/validate.js";
import { type Compiled, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { classLabels, inputRows } from "../../src/data/rows.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { benchProject } from "../../src/device/profile/bench.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { hybridSteps } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import type { Project } from "../../src/project/open.js";
import type { Rows } from "../../src/quantize/calibrate.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { session } from "../onnxruntime.js";
import { hasShared, SHARED } from "../shared.js";
import { hasSimulatorTools } from "../tools.js";
import { board, channelsFirst, decibel, firstRows, nativeOutputs, share, writeProject } from "./firmware.js";

interface Expected {
  readonly model: string;
  /** Rows in the simulator; default 20. */
  readonly simulated?: number;
  /** Its rows have no labels: the output is measured against onnxruntime's static MinMax QDQ of the model. */
  readonly unlabelled?: true;
  /** Bytes. */
  readonly arena?: number;
  /** Transpose steps that are left; default none. */
  readonly transposes?: number;
  /** Steps of the output by which onnxruntime, which computes QDQ models in float32, may differ in the mean; default 1/2. */
  readonly simulationSteps?: number;
  /** Outputs that overlap inputs drift along its chain of layers, so that the arena is above the largest live set. */
  readonly aboveBound?: true;
  readonly flash?: number;
  readonly instructions?: number;
}

const models: readonly Expected[] = [
  { model: "digits_cnn" },
  { model: "mlperf_kws", arena: 10_100, aboveBound: true, flash: 45_000, instructions: 43e6 },
  { model: "mlperf_ic", simulated: 3, arena: 19_000, flash: 100_000, instructions: 107e6 },
  { model: "mlperf_vww", simulated: 3, arena: 30_000, aboveBound: true, flash: 250_000, instructions: 100e6 },
  { model: "mlperf_ad", arena: 800, flash: 290_000, instructions: 2e6, unlabelled: true },
  { model: "mnist_mbv3" },
  { model: "mnist_denoise_unet", unlabelled: true },
  { model: "mnist_convae", unlabelled: true },
  // Its input is NCHW. Many layers, each rounded: the logits of the float simulation are further away.
  { model: "mcunet_vww", simulated: 3, transposes: 1, simulationSteps: 1 },
  { model: "fsdd_transformer", simulated: 5 },
  { model: "zoo_mnist8" },
  { model: "tinymaix_mnist_dw" },
  { model: "fsdd_gru", simulated: 40, arena: 1_700 },
  // Its input has the time last.
  { model: "watch_lstm", simulated: 40, arena: 1_600, transposes: 1 },
];

/** Rows on which the C code of this computer is compared with the host reference byte for byte. */
const COMPARED = 50;

describe.skipIf(!hasShared).each(models)("$model (needs ../shared)", (expected) => {
  const folder = join(SHARED, "models", expected.model);
  const source = join(folder, "model.onnx");
  let compiled: Compiled;
  let float: Compiled;
  let project: Project;
  let floatProject: Project;
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
    project = await writeProject(compiled, work, "int8");
    floatProject = await writeProject(float, work, "float32");
  }, 240_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test("arena within bounds, no Transpose that the layout could absorb", () => {
    expect(compiled.plan.arenaBytes).toBeLessThanOrEqual(expected.arena ?? Number.POSITIVE_INFINITY);
    expect(compiled.plan.optimal).toBe(!expected.aboveBound);
    const transposes = compiled.program.steps.filter(({ kernel }) => kernel === "nn_transpose");
    if (expected.model !== "fsdd_transformer") expect(transposes).toHaveLength(expected.transposes ?? 0);
  });

  test("every step is an integer one", () => {
    expect(hybridSteps(compiled.program)).toEqual([]);
  });

  test("host build equals the host reference", async () => {
    const device = await openDevice(project, "host");
    const result = await validateDevice(project, device, rowsFor(compiled), { limit: COMPARED });
    await device.close();
    expect(result.firmwareVsHost.every(({ equal }) => equal)).toBe(true);
  }, 240_000);

  // Tests that say nothing about a model are not declared for it: a skipped test means that something is missing.
  if (expected.unlabelled === undefined)
    test("int8 keeps the accuracy of float, on every row", async () => {
      const labels = classLabels(file)!;
      const isRight = (output: Float32Array, row: number) => topClass(output) === labels[row];
      const ours = share(await nativeOutputs(project, rowsFor(compiled)), isRight);
      const real = share(await nativeOutputs(floatProject, rowsFor(float)), isRight);
      console.log(`${expected.model}: int8 ${(100 * ours).toFixed(2)} %, float ${(100 * real).toFixed(2)} %`);
      expect(ours - real).toBeGreaterThanOrEqual(-0.01);
    }, 240_000);
  else
    test("int8 is as close to float as onnxruntime's static MinMax quantisation, within 1 dB", async () => {
      const rows = rowsFor(compiled);
      const shapes = compiled.program.inputs.map((id) => compiled.program.tensors[id].shape);
      const outputsOf = async (name: string) => {
        const run = await session(readFileSync(join(folder, name)), "disabled");
        const results: Float32Array[] = [];
        for (let i = 0; i < rows.rows; i++) results.push(await run(rows.row(i), shapes));
        return results;
      };
      const real = await outputsOf("model.onnx");
      const ours = decibel(await nativeOutputs(project, rows), real);
      const theirs = decibel(await outputsOf("model.qdq.onnx"), real);
      console.log(`${expected.model}: ${ours.toFixed(1)} dB, onnxruntime's ${theirs.toFixed(1)} dB`);
      expect(ours).toBeGreaterThanOrEqual(theirs - 1);
    }, 240_000);

  test("the QDQ model in onnxruntime agrees, and gives the same firmware", async () => {
    const bytes = writeModel(exportQdq(compiled.graph), { producer: "onnx2mcu" });
    const again = compile(bytes, { name: "net" });
    expect([...again.files]).toEqual([...compiled.files]);
    const run = await session(bytes, "disabled");
    const host = hostProgram(compiled.program);
    const rows = rowsFor(compiled);
    const count = Math.min(rows.rows, COMPARED);
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
    expect(difference / elements).toBeLessThan(output.scale! * (expected.simulationSteps ?? 0.5));
  }, 120_000);

  test("float32 firmware on the host equals onnxruntime within 1e-4", async () => {
    const device = await openDevice(floatProject, "host");
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
      const result = await validateDevice(project, device, rowsFor(compiled), { limit: expected.simulated ?? 20 });
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
        await buildProject(floatProject.folder, board);
        const device = await openDevice(floatProject, "simulator");
        const result = await validateDevice(floatProject, device, rowsFor(float), { limit: 3 });
        await device.close();
        expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      },
      300_000,
    );
});

describe.skipIf(!hasShared).each(["mlperf_ic", "mlperf_vww"])(
  "NHWC and NCHW exports of %s (needs ../shared)",
  (model) => {
    const folder = join(SHARED, "models", model);
    const file = hasShared ? loadData(join(folder, "data.npz")) : undefined!;
    const CALIBRATION_ROWS = 10;

    test("same firmware for the same --input-layout", () => {
      const build = (name: string) =>
        compile(join(folder, name), {
          name: "net",
          inputLayout: "nhwc",
          calibration: (inputs) => firstRows(inputRows(file, "calibration", inputs), CALIBRATION_ROWS),
        });
      const last = build("model.onnx");
      const first = build("model.nchw.onnx");
      expect(first.view.signature).toBe(last.view.signature);
      expect([...first.files]).toEqual([...last.files]);
    }, 120_000);

    test.skipIf(!hasSimulatorTools)(
      "the NCHW one with its own layout in the simulator equals the host reference",
      async () => {
        const rows = (name: string): Rows => {
          const { shape, data } = file.array(name)!;
          const size = data.length / shape[0];
          return { rows: shape[0], row: (i) => [channelsFirst(data.slice(i * size, (i + 1) * size))] };
        };
        const compiled = compile(join(folder, "model.nchw.onnx"), {
          name: "net",
          calibration: () => firstRows(rows("calibration"), CALIBRATION_ROWS),
        });
        const work = mkdtempSync(join(tmpdir(), "onnx2mcu-models-"));
        const project = await writeProject(compiled, work, "int8");
        await buildProject(project.folder, board);
        const device = await openDevice(project, "simulator");
        const result = await validateDevice(project, device, rows("inputs"), { limit: 2 });
        await device.close();
        rmSync(work, { recursive: true, force: true });
        expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      },
      300_000,
    );
  },
);
