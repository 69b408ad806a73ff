/** Values in int16: which ones they are, what it gains, and that the written model says the same. */
import { describe, expect, test } from "vitest";
import { canonicalGraph, read } from "../../src/compile.js";
import { elementCount, type Graph } from "../../src/graph/ir.js";
import { lower } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { floatOutputs, int8Outputs } from "../../src/quantize/first_output.js";
import type { LayerPrecision } from "../../src/quantize/precisions.js";
import { QUALITIES } from "../../src/quantize/quality.js";
import { chooseQuantisation, RECOMMENDED, roundQuantised } from "../../src/quantize/quantise.js";
import type { Scheme } from "../../src/quantize/quantize.js";
import { session } from "../onnxruntime.js";
import { constant, graphOf, node, random, randomRows, separableGraph, value } from "./graphs.js";

const data = randomRows(40, 144);
const rows = Array.from({ length: 10 }, (_, i) => data.row(i));

const quantised = (graph: Graph, scheme: Scheme, precisions: Readonly<Record<string, LayerPrecision>> = {}) =>
  roundQuantised(
    chooseQuantisation(graph, data, { scheme, corrections: RECOMMENDED }),
    new Map(Object.entries(precisions)),
  ).graph;

/** Stored types of the values by name. */
const typesOf = ({ tensors }: Graph) =>
  Object.fromEntries(
    [...tensors.values()]
      .filter((t) => !t.data)
      .map(({ name, quantization }) => [name, quantization?.type ?? "float32"]),
  );

const kernelsOf = (graph: Graph) => lower(graph, { precision: "int8", io: "int8" }).steps.map(({ kernel }) => kernel);

const plain = separableGraph(() => 1);
const snr = (graph: Graph) => QUALITIES.snr.measure(int8Outputs(graph, rows), floatOutputs(plain, rows));

describe("which values are int16", () => {
  test("all of them, with activations int16", () => {
    const graph = quantised(plain, { activations: "int16" });
    expect(typesOf(graph)).toEqual({ x: "int16", a: "int16", b: "int16", y: "int16" });
    expect(kernelsOf(graph)).toEqual(["nn_conv2d_s16", "nn_depthwise_conv2d_s16", "nn_conv2d_s16"]);
  });

  test("what an int16 layer computes; an input only where int16 layers alone read it", () => {
    expect(typesOf(quantised(plain, {}, { b: "int16" }))).toEqual({ x: "int8", a: "int8", b: "int16", y: "int8" });
    expect(typesOf(quantised(plain, {}, { a: "int16" }))).toEqual({ x: "int16", a: "int16", b: "int8", y: "int8" });
  });

  test("int8 layers between keep their kernels; an int8 value is widened exactly for an int16 result", () => {
    const kernels = kernelsOf(quantised(plain, {}, { b: "int16" }));
    expect(kernels).toEqual(["nn_conv2d_s8", "nn_widen_s8_s16", "nn_depthwise_conv2d_s16", "nn_conv2d_s16"]);
  });
});

describe("what it gains", () => {
  test("rounding of values is no longer what limits the output", () => {
    const int8 = snr(quantised(plain, {}));
    const int16 = snr(quantised(plain, { activations: "int16" }));
    expect(int16).toBeGreaterThan(int8 + 3);
    const mixed = snr(quantised(plain, {}, { a: "int16", b: "int16" }));
    expect(mixed).toBeGreaterThan(int8);
  });

  test("sums beyond 32 bits are summed in 64", () => {
    const next = random(3);
    const large = graphOf(
      [node("Gemm", ["x", "w", "b"], "y")],
      [
        value("x", [1, 4096]),
        value("y", [1, 3]),
        constant("w", [3, 4096], () => 0.9 + 0.1 * next()),
        constant("b", [3], () => 0.5),
      ],
    );
    const rows = randomRows(8, 4096, 5, 1);
    const given = Array.from({ length: 8 }, (_, i) => rows.row(i));
    const { graph } = roundQuantised(chooseQuantisation(large, rows, { scheme: { activations: "int16" } }));
    const [step] = lower(graph, { precision: "int8", io: "int8" }).steps;
    expect([step.kernel, step.params.wide_sums]).toEqual(["nn_fully_connected_s16", 1]);
    expect(QUALITIES.snr.measure(int8Outputs(graph, given), floatOutputs(large, given))).toBeGreaterThan(45);
  });
});

describe("operators on int16 values", () => {
  const shape = [1, 4, 4, 4];
  const window = { channels_last: 1, kernel_shape: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] };
  const cases = [
    ["Add", node("Add", ["x", "c"], "y"), shape, ["nn_add_s16"]],
    ["Sub", node("Sub", ["x", "c"], "y"), shape, ["nn_add_s16"]],
    ["Mul", node("Mul", ["x", "c"], "y"), shape, ["nn_mul_s16"]],
    [
      "AveragePool",
      node("AveragePool", ["x"], "y", { ...window, ceil_mode: 0, count_include_pad: 0 }),
      [1, 2, 2, 4],
      ["nn_average_pool2d_s16"],
    ],
    ["MaxPool", node("MaxPool", ["x"], "y", { ...window, ceil_mode: 0 }), [1, 2, 2, 4], ["nn_max_pool2d_s16"]],
    ["ReduceMean", node("ReduceMean", ["x"], "y", { axes: [1, 2] }), [1, 1, 1, 4], ["nn_mean_s16"]],
    ["Transpose", node("Transpose", ["x"], "y", { perm: [0, 2, 1, 3] }), shape, ["nn_transpose"]],
    ["Pad", node("Pad", ["x"], "y", { pads: [0, 1, 0, 0, 0, 0, 1, 0], value: 0.5 }), [1, 5, 5, 4], ["nn_pad"]],
    ["Concat", node("Concat", ["x", "x"], "y", { axis: 3 }), [1, 4, 4, 8], ["nn_concat"]],
    [
      "Slice",
      node("Slice", ["x"], "y", { starts: [0, 1, 0, 0], steps: [1, 1, 2, 1], shape: [1, 3, 2, 4] }),
      [1, 3, 2, 4],
      ["nn_slice"],
    ],
    ["Sigmoid", node("Sigmoid", ["x"], "y"), shape, ["nn_dequantize_s16_f32", "nn_sigmoid_f32", "nn_quantize_f32_s16"]],
  ] as const;

  test.each(cases)("%s", (_name, of, result, kernels) => {
    const next = random(11);
    const float = graphOf([of], [value("x", shape), value("y", result), constant("c", [4], () => 0.4 + 0.3 * next())]);
    const rows = randomRows(20, elementCount(shape));
    const given = Array.from({ length: 20 }, (_, i) => rows.row(i));
    const ranged = chooseQuantisation(float, rows, { scheme: { activations: "int16" } });
    const { graph } = roundQuantised(ranged);
    expect(kernelsOf(graph)).toEqual(kernels);
    expect(QUALITIES.snr.measure(int8Outputs(graph, given), floatOutputs(float, given))).toBeGreaterThan(70);
  });
});

describe("the written model", () => {
  const graph = quantised(plain, {}, { a: "int16", b: "int16" });
  const bytes = writeModel(exportQdq(graph), { producer: "test" });

  test("read again it is the same program", () => {
    const again = canonicalGraph(read(bytes));
    const steps = (g: Graph) =>
      lower(g, { precision: "int8", io: "int8" }).steps.map(({ kernel, params }) => ({ kernel, params }));
    expect(steps(again)).toEqual(steps(graph));
  });

  test("onnxruntime gives the same values, a step of the output apart", async () => {
    const step = graph.tensors.get("y")!.quantization!.scale[0];
    const run = await session(bytes, "disabled");
    for (const row of rows) {
      const theirs = await run(row as Float32Array[], [[1, 6, 6, 4]]);
      const [ours] = int8Outputs(graph, [row]);
      for (const [i, q] of ours.entries()) expect(Math.abs(q - theirs[i])).toBeLessThanOrEqual(1.01 * step);
    }
  });
});
