/**
 * Models that come quantised, from several producers, in QDQ and QOperator form: compiled to int8, run on every row of
 * their data, compared with onnxruntime, and run in the simulator. Skips without the folder of models, or the tools.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topClass } from "../../src/compare/metrics.js";
import { validateDevice } from "../../src/compare/validate.js";
import { type Compiled, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { ortAgreementOf } from "../../src/emit/manifest.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { hybridSteps } from "../../src/lower/lower.js";
import type { Project } from "../../src/project/open.js";
import type { Rows } from "../../src/quantize/calibrate.js";
import { typedSession } from "../onnxruntime.js";
import { hasShared, SHARED, sharedFiles } from "../shared.js";
import { hasSimulatorTools } from "../tools.js";
import { board, channelsFirst, decibel, nativeOutputs, share, writeProject } from "./firmware.js";

interface Expected {
  readonly file: string;
  /** The rows are N,H,W,C, the model takes N,C,H,W. */
  readonly transposed?: true;
  /** Its input and output are int8. */
  readonly integers?: true;
  /** Its input stays float32. */
  readonly realInput?: true;
  /** float32 kernels, where the producer of the model left operators unquantised. */
  readonly float32?: readonly string[];
  /** Least share of the rows that get the class that onnxruntime gives them; default 0.995. */
  readonly sameClass?: number;
}

const SOFTMAX = ["nn_dequantize_s8_f32", "nn_softmax_f32"];
/** onnxruntime leaves recurrent layers in float32, and their input too. */
const recurrent = (cell: string) => [`nn_${cell}_f32`, "nn_quantize_f32_s8"];
const FLOAT_CONV_TRANSPOSE = ["nn_conv_transpose2d_f32", "nn_dequantize_s8_f32", "nn_quantize_f32_s8"];
const models: readonly Expected[] = [
  { file: "digits_cnn/model.qdq.onnx" },
  { file: "digits_cnn/model.qop.onnx" },
  { file: "fsdd_gru/model.qdq.onnx", float32: recurrent("gru"), realInput: true },
  { file: "fsdd_gru/model.qop.onnx", float32: recurrent("gru"), realInput: true },
  { file: "fsdd_transformer/model.qdq.onnx" },
  {
    file: "fsdd_transformer/model.qop.onnx",
    float32: ["nn_dequantize_s8_f32", "nn_mean_f32", "nn_normalize_f32", "nn_quantize_f32_s8"],
  },
  { file: "mcunet_vww/model.qdq.onnx" },
  { file: "mlperf_ad/model.qdq.onnx" },
  { file: "mlperf_ad/model.qop.onnx" },
  { file: "mlperf_ad/thirdparty.qdq.onnx" },
  // Three rows of 500 lie between two classes.
  { file: "mlperf_ic/model.qdq.onnx", sameClass: 0.99 },
  { file: "mlperf_ic/model.qop.onnx" },
  { file: "mlperf_ic/thirdparty.qdq.onnx", float32: SOFTMAX },
  { file: "mlperf_kws/model.qdq.onnx" },
  { file: "mlperf_kws/model.qop.onnx" },
  { file: "mlperf_kws/thirdparty.qdq.onnx", float32: SOFTMAX },
  { file: "mlperf_vww/model.qdq.onnx" },
  { file: "mlperf_vww/model.qop.onnx" },
  { file: "mlperf_vww/thirdparty.qdq.onnx", float32: SOFTMAX, transposed: true },
  { file: "mnist_convae/model.qdq.onnx" },
  { file: "mnist_convae/model.qop.onnx", float32: FLOAT_CONV_TRANSPOSE },
  { file: "mnist_denoise_unet/model.qdq.onnx" },
  { file: "mnist_denoise_unet/model.qop.onnx" },
  { file: "mnist_mbv3/model.qdq.onnx" },
  { file: "mnist_mbv3/model.qop.onnx" },
  { file: "tflm_hello_world/model.qdq.onnx", integers: true },
  // Its layers are real ones, between int8 inputs and outputs.
  {
    file: "tflm_hello_world/model.onnx",
    integers: true,
    float32: ["nn_cast_i8_f32", "nn_fully_connected_f32", "nn_mul_f32", "nn_quantize_f32_s8", "nn_sub_f32"],
  },
  { file: "tinymaix_mnist_dw/model.qdq.onnx" },
  { file: "tinymaix_mnist_dw/model.qop.onnx" },
  { file: "watch_lstm/model.qdq.onnx", float32: [...recurrent("lstm"), "nn_transpose"], realInput: true },
  { file: "watch_lstm/model.qop.onnx", float32: [...recurrent("lstm"), "nn_transpose"], realInput: true },
  { file: "zoo_mnist8/model.qdq.onnx" },
  { file: "zoo_mnist8/model.qop.onnx" },
];

test.skipIf(!hasShared)("every quantised model is in the table (needs ../shared)", () => {
  const files = sharedFiles((path) => /\.(qdq|qop)\.onnx$/.test(path)).map(
    (path) => `${basename(dirname(path))}/${basename(path)}`,
  );
  expect(models.map(({ file }) => file)).toEqual(expect.arrayContaining(files));
});

describe.skipIf(!hasShared).each(models)("$file (needs ../shared)", (expected) => {
  const source = join(SHARED, "models", expected.file);
  let compiled: Compiled;
  let project: Project;
  let work: string;

  /** Rows as the model takes them, in the shape of its input. */
  function rows(): Rows {
    const { shape, data } = loadData(join(source, "..", "data.npz")).array("inputs")!;
    const size = data.length / shape[0];
    return {
      rows: shape[0],
      row(i) {
        const row = data.slice(i * size, (i + 1) * size);
        return [expected.transposed ? channelsFirst(row) : row];
      },
    };
  }

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "onnx2mcu-models-"));
    compiled = compile(source, { name: "net" });
    project = await writeProject(compiled, work, "int8");
  }, 120_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test("compiles to integers", () => {
    const { program } = compiled;
    const float32 = [...new Set(hybridSteps(program).map(({ kernel }) => kernel))];
    expect(float32.sort()).toEqual([...(expected.float32 ?? [])].sort());
    expect(program.tensors[program.inputs[0]].type).toBe(expected.realInput ? "float32" : "int8");
  });

  test("the host build gives the classes of onnxruntime, on every row", async () => {
    const { program } = compiled;
    const [input] = program.inputs.map((id) => program.tensors[id]);
    const [output] = program.outputs.map((id) => program.tensors[id]);
    const run = await typedSession(readFileSync(source), "disabled");
    const data = rows();
    const theirs: Float32Array[] = [];
    for (let i = 0; i < data.rows; i++) {
      const [real] = data.row(i);
      const fed = expected.integers ? storedValues(input, real) : real;
      const [result] = await run([{ type: expected.integers ? "int8" : "float32", shape: input.shape, data: fed }]);
      theirs.push(expected.integers ? realValues(output, result) : (result as Float32Array));
    }
    const ours = await nativeOutputs(project, data);
    const same = share(ours, (values, i) => topClass(values) === topClass(theirs[i]));
    console.log(`${expected.file}: same class ${(100 * same).toFixed(2)} %, ${decibel(ours, theirs).toFixed(1)} dB`);
    expect(decibel(ours, theirs)).toBeGreaterThanOrEqual(30);
    expect(same).toBeGreaterThanOrEqual(expected.sameClass ?? 0.995);
  }, 240_000);

  test.skipIf(!hasSimulatorTools)(
    "firmware in the simulator equals the host reference",
    async () => {
      await buildProject(project.folder, board);
      const device = await openDevice(project, "simulator");
      const result = await validateDevice(project, device, rows(), { limit: 2 });
      await device.close();
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    },
    300_000,
  );
});

test.skipIf(!hasShared)(
  "most channels of QOperator models are proved bit-exact with onnxruntime (needs ../shared)",
  () => {
    const sum = { proved: 0, channels: 0 };
    for (const model of ["mlperf_kws", "mlperf_ic", "mlperf_vww"]) {
      const layers = ortAgreementOf(compile(join(SHARED, "models", model, "model.qop.onnx"), { name: "net" }));
      const proved = layers.reduce((n, layer) => n + layer.proved, 0);
      const channels = layers.reduce((n, layer) => n + layer.channels, 0);
      const whole = layers.filter((layer) => layer.proved === layer.channels).length;
      console.log(`${model}: ${proved} of ${channels} channels, ${whole} of ${layers.length} layers`);
      expect(proved / channels, model).toBeGreaterThanOrEqual(0.85);
      sum.proved += proved;
      sum.channels += channels;
    }
    console.log(`together: ${((100 * sum.proved) / sum.channels).toFixed(1)} %`);
    expect(sum.proved / sum.channels).toBeGreaterThanOrEqual(0.93);
  },
  240_000,
);
