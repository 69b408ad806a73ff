/**
 * Models that come quantised, from several producers, in QDQ and QOperator form: compiled to int8 and compared with
 * onnxruntime on up to 200 rows of their data. Skips without the folder of models.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { topClass } from "../../src/compare/metrics.js";
import { realValues, storedValues } from "../../src/compare/validate.js";
import { type Compiled, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { ortAgreementOf } from "../../src/emit/manifest.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { typedSession } from "../onnxruntime.js";
import { hasShared, SHARED } from "../shared.js";

interface Expected {
  readonly file: string;
  /** The rows are N,H,W,C, the model takes N,C,H,W. */
  readonly transposed?: true;
  /** Its input and output are int8. */
  readonly integers?: true;
  /** onnxruntime's fused Gemm adds products in 16 bits on CPUs without VNNI, and those of this model do not fit. */
  readonly saturates?: true;
  /** Its input stays float32. */
  readonly realInput?: true;
  /** float32 kernels, where the producer of the model left operators unquantised. */
  readonly float32?: readonly string[];
  /** Least share of channels proved bit-exact with onnxruntime. */
  readonly proved?: number;
}

const SOFTMAX = ["nn_dequantize_s8_f32", "nn_softmax_f32"];
/** onnxruntime leaves recurrent layers in float32, and their input too. */
const recurrent = (cell: string) => [`nn_${cell}_f32`, "nn_quantize_f32_s8"];
const models: readonly Expected[] = [
  { file: "digits_cnn/model.qdq.onnx" },
  { file: "digits_cnn/model.qop.onnx" },
  { file: "fsdd_gru/model.qdq.onnx", float32: recurrent("gru"), realInput: true, saturates: true },
  { file: "fsdd_gru/model.qop.onnx", float32: recurrent("gru"), realInput: true },
  { file: "mcunet_vww/model.qdq.onnx" },
  { file: "mlperf_ad/model.qop.onnx" },
  { file: "mlperf_ad/thirdparty.qdq.onnx" },
  { file: "mlperf_ic/model.qop.onnx", proved: 0.87 },
  { file: "mlperf_ic/thirdparty.qdq.onnx", float32: SOFTMAX },
  { file: "mlperf_kws/model.qdq.onnx" },
  { file: "mlperf_kws/model.qop.onnx", proved: 0.94 },
  { file: "mlperf_kws/thirdparty.qdq.onnx", float32: SOFTMAX },
  { file: "mlperf_vww/model.qop.onnx", proved: 0.96 },
  { file: "mlperf_vww/thirdparty.qdq.onnx", float32: SOFTMAX, transposed: true },
  { file: "mnist_denoise_unet/model.qop.onnx" },
  { file: "mnist_mbv3/model.qop.onnx" },
  { file: "tflm_hello_world/model.qdq.onnx", integers: true },
  { file: "tinymaix_mnist_dw/model.qop.onnx" },
  { file: "watch_lstm/model.qdq.onnx", float32: recurrent("lstm"), realInput: true, saturates: true },
  { file: "watch_lstm/model.qop.onnx", float32: recurrent("lstm"), realInput: true },
  { file: "zoo_mnist8/model.qop.onnx" },
];

/** N,H,W,C -> N,C,H,W of a square image of three channels. */
function channelsFirst(row: Float32Array): Float32Array {
  const pixels = row.length / 3;
  return row.map((_, i) => row[(i % pixels) * 3 + Math.floor(i / pixels)]);
}

const channels = { proved: 0, all: 0 };

describe.skipIf(!hasShared).each(models)("$file (needs ../shared)", (expected) => {
  const source = join(SHARED, "models", expected.file);

  function steps({ program }: Compiled): string[] {
    return [...new Set(program.steps.map(({ kernel }) => kernel))].filter((kernel) => kernel.includes("f32"));
  }

  test("compiles to integers and gives the classes of onnxruntime", async () => {
    const compiled = compile(source, { name: "net" });
    const { program } = compiled;
    expect(steps(compiled).sort()).toEqual([...(expected.float32 ?? [])].sort());
    const [input] = program.inputs.map((id) => program.tensors[id]);
    const [output] = program.outputs.map((id) => program.tensors[id]);
    expect(input.type).toBe(expected.realInput ? "float32" : "int8");
    const rows = loadData(join(source, "..", "data.npz")).array("inputs")!;
    const size = rows.data.length / rows.shape[0];
    const count = Math.min(rows.shape[0], 200);
    const run = await typedSession(readFileSync(source), expected.saturates ? "disabled" : "all");
    const host = hostProgram(program);
    let sameClass = 0;
    let noise = 0;
    let signal = 0;
    for (let i = 0; i < count; i++) {
      const row = rows.data.slice(i * size, (i + 1) * size);
      const real = expected.transposed ? channelsFirst(row) : row;
      const stored = storedValues(input, real);
      const ours = realValues(output, runRow(host, program, [stored])[0]);
      const fed = expected.integers ? stored : real;
      const [data] = await run([{ type: expected.integers ? "int8" : "float32", shape: input.shape, data: fed }]);
      const theirs = expected.integers ? realValues(output, data) : (data as Float32Array);
      if (topClass(ours) === topClass(theirs)) sameClass++;
      ours.forEach((value, k) => {
        noise += (value - theirs[k]) ** 2;
        signal += theirs[k] ** 2;
      });
    }
    const decibel = 10 * Math.log10(signal / Math.max(noise, 1e-30));
    expect(decibel).toBeGreaterThanOrEqual(30);
    if (output.shape.length === 2) expect(sameClass / count).toBeGreaterThanOrEqual(0.995);
  }, 240_000);

  if (expected.proved !== undefined)
    test("most channels are proved bit-exact with onnxruntime", () => {
      const layers = ortAgreementOf(compile(source, { name: "net" }));
      const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((n, layer) => n + of(layer), 0);
      expect(sum((l) => l.proved) / sum((l) => l.channels)).toBeGreaterThanOrEqual(expected.proved!);
      channels.proved += sum((l) => l.proved);
      channels.all += sum((l) => l.channels);
    });
});

test.skipIf(!hasShared)("over all of them 95 % of the channels are proved", () => {
  expect(channels.proved / channels.all).toBeGreaterThanOrEqual(0.95);
});
