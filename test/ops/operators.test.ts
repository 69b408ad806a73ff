/**
 * Every operator, in every form that matters, compiled from ONNX: float32 on the host reference against onnxruntime,
 * and int8 against onnxruntime on the QDQ model that the quantiser writes.
 */
import { describe, expect, test } from "vitest";
import { realValues, storedValues } from "../../src/compare/validate.js";
import { compile } from "../../src/compile.js";
import { elementCount, type Shape } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { lower } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import { operators } from "../../src/ops/index.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { constant, floats, integers, type OneNode, oneNodeModel, randomValues, session } from "../onnxruntime.js";

interface Case extends OneNode {
  readonly name: string;
  /** Scale of the random inputs. */
  readonly range?: number;
  /** Steps of the int8 program that may compute in float32. */
  readonly hybrid?: boolean;
}

const scalar = (value: number) => ({ type: "float32" as const, shape: [], data: Float32Array.of(value) });
const conv = (
  name: string,
  x: Shape,
  w: Shape,
  output: Shape,
  attributes: OneNode["attributes"],
  bias = true,
): Case => ({
  name,
  operator: "Conv",
  inputs: bias ? [x, constant(w, 3, 0.5), constant([w[0]], 4)] : [x, constant(w, 3, 0.5)],
  output,
  attributes,
});
const pool = (operator: string, x: Shape, output: Shape, attributes: OneNode["attributes"], opset = 19): Case => ({
  name: `${operator} ${JSON.stringify(attributes)}`,
  operator,
  inputs: [x],
  output,
  attributes,
  opset,
});
const unary = (operator: string, attributes: OneNode["attributes"] = {}, range = 4, opset = 14): Case => ({
  name: operator,
  operator,
  inputs: [[1, 3, 5, 7]],
  output: [1, 3, 5, 7],
  attributes,
  range,
  opset,
});
const binary = (operator: string, a: Shape, b: Shape, output: Shape, hybrid = false): Case => ({
  name: `${operator} [${a}] and [${b}]`,
  operator,
  inputs: [a, b],
  output,
  hybrid,
});

const cases: readonly Case[] = [
  conv("3x3", [1, 3, 7, 9], [5, 3, 3, 3], [1, 5, 5, 7], {}),
  conv("batch 2, no bias", [2, 3, 5, 5], [4, 3, 3, 3], [2, 4, 3, 3], {}, false),
  conv("asymmetric pads, stride 2", [1, 1, 8, 6], [7, 1, 3, 3], [1, 7, 5, 3], { pads: [2, 0, 1, 1], strides: [2, 2] }),
  conv("SAME_UPPER stride 3", [1, 2, 10, 8], [3, 2, 5, 3], [1, 3, 4, 3], { auto_pad: "SAME_UPPER", strides: [3, 3] }),
  conv("SAME_LOWER", [1, 2, 6, 6], [3, 2, 4, 4], [1, 3, 6, 6], { auto_pad: "SAME_LOWER" }),
  conv("VALID", [1, 2, 6, 6], [3, 2, 3, 3], [1, 3, 4, 4], { auto_pad: "VALID" }),
  conv("dilated", [1, 4, 9, 9], [2, 4, 3, 3], [1, 2, 5, 3], { dilations: [2, 3] }),
  conv("grouped", [1, 6, 5, 5], [9, 2, 3, 3], [1, 9, 5, 5], { group: 3, pads: [1, 1, 1, 1] }),
  conv("depthwise", [1, 17, 6, 5], [17, 1, 3, 3], [1, 17, 6, 5], { group: 17, pads: [1, 1, 1, 1] }),
  conv("depthwise, multiplier 2, stride 2", [1, 5, 7, 7], [10, 1, 3, 3], [1, 10, 4, 4], {
    group: 5,
    pads: [1, 1, 1, 1],
    strides: [2, 2],
  }),
  conv("pointwise 15 to 17", [1, 15, 3, 4], [17, 15, 1, 1], [1, 17, 3, 4], {}),
  conv("pointwise with stride 2", [1, 3, 5, 5], [4, 3, 1, 1], [1, 4, 3, 3], { strides: [2, 2] }),
  conv("one pixel", [1, 7, 1, 1], [3, 7, 3, 3], [1, 3, 1, 1], { pads: [1, 1, 1, 1] }),
  conv("one-dimensional", [1, 3, 16], [5, 3, 4], [1, 5, 8], { strides: [2], pads: [1, 1] }),
  conv("one-dimensional, dilated, depthwise", [1, 4, 12], [4, 1, 3], [1, 4, 8], { group: 4, dilations: [2] }),
  {
    name: "ConvTranspose stride 2, output_padding",
    operator: "ConvTranspose",
    inputs: [[1, 4, 5, 5], constant([4, 3, 3, 3], 5, 0.5), constant([3], 6)],
    output: [1, 3, 10, 10],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  },
  {
    name: "ConvTranspose grouped, dilated",
    operator: "ConvTranspose",
    inputs: [[1, 4, 4, 3], constant([4, 3, 3, 2], 5, 0.5)],
    output: [1, 6, 11, 7],
    attributes: { strides: [2, 2], dilations: [2, 2], group: 2 },
  },
  {
    name: "ConvTranspose one-dimensional, auto_pad",
    operator: "ConvTranspose",
    inputs: [[1, 2, 6], constant([2, 3, 5], 7, 0.5)],
    output: [1, 3, 12],
    attributes: { strides: [2], auto_pad: "SAME_UPPER" },
  },
  {
    name: "ConvTranspose output_shape",
    operator: "ConvTranspose",
    inputs: [[1, 2, 4, 4], constant([2, 3, 3, 3], 7, 0.5)],
    output: [1, 3, 8, 8],
    attributes: { strides: [2, 2], output_shape: [8, 8] },
  },
  { name: "Gemm", operator: "Gemm", inputs: [[3, 7], constant([7, 5], 8), constant([5], 9)], output: [3, 5] },
  {
    name: "Gemm transposed, alpha, beta, scalar C",
    operator: "Gemm",
    inputs: [[7, 3], constant([5, 7], 8), constant([1], 9)],
    output: [3, 5],
    attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 },
  },
  {
    name: "Gemm of two computed matrices",
    operator: "Gemm",
    inputs: [[3, 7], [5, 7], constant([5], 9)],
    output: [3, 5],
    attributes: { transB: 1 },
  },
  { name: "MatMul constant", operator: "MatMul", inputs: [[2, 3, 7], constant([7, 5], 8)], output: [2, 3, 5] },
  {
    name: "MatMul computed, broadcast batch",
    operator: "MatMul",
    inputs: [
      [2, 1, 3, 4],
      [3, 4, 5],
    ],
    output: [2, 3, 3, 5],
  },
  { name: "MatMul vector", operator: "MatMul", inputs: [[4], constant([4, 5], 8)], output: [5] },
  binary("Add", [1, 3, 4, 5], [1, 3, 4, 5], [1, 3, 4, 5]),
  binary("Add", [2, 3, 1, 5], [3, 4, 1], [2, 3, 4, 5]),
  binary("Sub", [1, 3, 4, 5], [5], [1, 3, 4, 5]),
  binary("Mul", [1, 3, 4, 5], [1, 3, 1, 1], [1, 3, 4, 5]),
  { ...binary("Div", [1, 3, 4], [1, 3, 4], [1, 3, 4], true), inputs: [[1, 3, 4], floats(2)] },
  { name: "Add constant", operator: "Add", inputs: [[1, 3, 4, 4], constant([3, 1, 1], 11)], output: [1, 3, 4, 4] },
  unary("Relu"),
  unary("LeakyRelu", { alpha: 0.1 }),
  unary("Sigmoid"),
  unary("Tanh"),
  unary("HardSigmoid", { alpha: 0.3, beta: 0.4 }),
  unary("HardSwish"),
  { ...unary("Clip"), inputs: [[1, 3, 5, 7], scalar(-1), scalar(2.5)] },
  { ...unary("Clip", { min: -1, max: 2.5 }, 4, 7), name: "Clip of opset 7" },
  { name: "Softmax", operator: "Softmax", inputs: [[2, 10]], output: [2, 10], range: 6 },
  {
    name: "Softmax axis 1",
    operator: "Softmax",
    inputs: [[1, 4, 3, 2]],
    output: [1, 4, 3, 2],
    attributes: { axis: 1 },
    range: 6,
  },
  { name: "Softmax of opset 11", operator: "Softmax", inputs: [[2, 3, 4]], output: [2, 3, 4], opset: 11, range: 6 },
  pool("MaxPool", [1, 3, 7, 8], [1, 3, 3, 4], { kernel_shape: [3, 2], strides: [2, 2] }, 12),
  pool(
    "MaxPool",
    [1, 3, 7, 7],
    [1, 3, 4, 4],
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
    12,
  ),
  pool("MaxPool", [1, 2, 9, 9], [1, 2, 5, 5], { kernel_shape: [3, 3], dilations: [2, 2] }, 12),
  pool("MaxPool", [1, 2, 9], [1, 2, 4], { kernel_shape: [2], strides: [2] }, 12),
  pool("AveragePool", [1, 3, 7, 7], [1, 3, 4, 4], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  pool("AveragePool", [1, 3, 7, 7], [1, 3, 4, 4], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  pool("AveragePool", [1, 3, 6, 6], [1, 3, 3, 3], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool("AveragePool", [1, 3, 10], [1, 3, 5], { kernel_shape: [2], strides: [2] }),
  pool("GlobalAveragePool", [1, 5, 4, 3], [1, 5, 1, 1], {}),
  pool("GlobalAveragePool", [1, 5, 6], [1, 5, 1], {}),
  pool("GlobalMaxPool", [1, 5, 4, 3], [1, 5, 1, 1], {}),
  {
    name: "BatchNormalization",
    operator: "BatchNormalization",
    inputs: [[1, 3, 4, 4], constant([3], 1), constant([3], 2), constant([3], 3), floats(0.5, 1, 2)],
    output: [1, 3, 4, 4],
    opset: 15,
  },
  { name: "Reshape", operator: "Reshape", inputs: [[1, 4, 6], integers(0, -1, 3)], output: [1, 8, 3] },
  { name: "Flatten", operator: "Flatten", inputs: [[2, 3, 4]], output: [2, 12] },
  { name: "Squeeze", operator: "Squeeze", inputs: [[1, 3, 1, 4], integers(2)], output: [1, 3, 4] },
  {
    name: "Squeeze of opset 11",
    operator: "Squeeze",
    inputs: [[1, 3, 1, 4]],
    output: [3, 1, 4],
    attributes: { axes: [0] },
    opset: 11,
  },
  { name: "Unsqueeze", operator: "Unsqueeze", inputs: [[3, 4], integers(0, -1)], output: [1, 3, 4, 1] },
  {
    name: "Transpose",
    operator: "Transpose",
    inputs: [[2, 3, 4, 5]],
    output: [4, 2, 5, 3],
    attributes: { perm: [2, 0, 3, 1] },
  },
  { name: "Transpose reversed", operator: "Transpose", inputs: [[2, 3, 4]], output: [4, 3, 2] },
  {
    name: "Concat",
    operator: "Concat",
    inputs: [
      [1, 2, 3],
      [1, 5, 3],
      [1, 1, 3],
    ],
    output: [1, 8, 3],
    attributes: { axis: 1 },
  },
  {
    name: "Concat with a constant",
    operator: "Concat",
    inputs: [[1, 2, 3], constant([1, 2, 3], 5)],
    output: [1, 4, 3],
    attributes: { axis: -2 },
  },
  {
    name: "Pad",
    operator: "Pad",
    inputs: [[1, 2, 3, 4], integers(0, 1, 0, 2, 0, 0, 1, 1), scalar(0.5)],
    output: [1, 3, 4, 7],
  },
  {
    name: "Pad of opset 7",
    operator: "Pad",
    inputs: [[2, 3]],
    output: [4, 4],
    attributes: { pads: [1, 0, 1, 1] },
    opset: 7,
  },
  { name: "Identity", operator: "Identity", inputs: [[2, 3]], output: [2, 3] },
  { name: "Dropout", operator: "Dropout", inputs: [[2, 3]], output: [2, 3] },
  {
    name: "ReduceMean",
    operator: "ReduceMean",
    inputs: [[2, 3, 4, 5]],
    output: [2, 3, 1, 1],
    attributes: { axes: [2, 3] },
  },
  {
    name: "ReduceMean without keepdims",
    operator: "ReduceMean",
    inputs: [[2, 3, 4]],
    output: [2, 4],
    attributes: { axes: [-2], keepdims: 0 },
  },
  {
    name: "ReduceMean of apart axes",
    operator: "ReduceMean",
    inputs: [[2, 3, 4, 5]],
    output: [2, 1, 4, 1],
    attributes: { axes: [1, 3] },
  },
  {
    name: "ReduceMean of opset 18",
    operator: "ReduceMean",
    inputs: [[2, 3, 4], integers(1)],
    output: [2, 1, 4],
    opset: 18,
  },
  {
    name: "Resize by scales, asymmetric floor",
    operator: "Resize",
    inputs: [[1, 2, 3, 4], undefined, floats(1, 1, 2, 3)],
    output: [1, 2, 6, 12],
    attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  },
  {
    name: "Resize by sizes, half_pixel",
    operator: "Resize",
    inputs: [[1, 2, 5, 4], undefined, undefined, integers(1, 2, 8, 3)],
    output: [1, 2, 8, 3],
    attributes: { mode: "nearest" },
  },
  {
    name: "Resize align_corners, ceil",
    operator: "Resize",
    inputs: [[1, 2, 3, 4], undefined, floats(1, 1, 2, 2)],
    output: [1, 2, 6, 8],
    attributes: { mode: "nearest", coordinate_transformation_mode: "align_corners", nearest_mode: "ceil" },
  },
  {
    name: "Upsample of opset 9",
    operator: "Upsample",
    inputs: [[1, 2, 3, 3], floats(1, 1, 2, 2)],
    output: [1, 2, 6, 6],
    opset: 9,
  },
];

/** Operators that only occur on constants or around quantised values, tested in their own files. */
const TESTED_ELSEWHERE = [
  "Cast",
  "Constant",
  "ConstantOfShape",
  "DequantizeLinear",
  "Gather",
  "QuantizeLinear",
  "Shape",
  "Slice",
];

const shapesOf = (node: OneNode) => node.inputs.filter((input): input is Shape => Array.isArray(input));

function rowsOf(node: Case, count: number) {
  const shapes = shapesOf(node);
  return {
    rows: count,
    row: (i: number) => shapes.map((shape, k) => randomValues(elementCount(shape), 97 * i + k + 1, node.range ?? 1)),
  };
}

test("every operator has a case", () => {
  const covered = new Set([...cases.map(({ operator }) => operator), ...TESTED_ELSEWHERE]);
  expect([...operators.keys()].filter((name) => !covered.has(name))).toEqual([]);
});

describe.each(cases)("$operator: $name", (node) => {
  const model = oneNodeModel(node);
  const shapes = shapesOf(node);
  const data = rowsOf(node, 8);

  test("float32 equals onnxruntime", async () => {
    const { program } = compile(model, { precision: "float32" });
    const host = hostProgram(program);
    const oracle = await session(model);
    expect(program.tensors[program.outputs[0]].shape).toEqual(node.output);
    for (let i = 0; i < 4; i++) {
      const expected = await oracle(data.row(i), shapes);
      const [actual] = runRow(host, program, data.row(i)) as Float32Array[];
      const scale = Math.max(...expected.map(Math.abs), 1e-3);
      for (const [k, value] of expected.entries()) {
        expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(1e-5 * scale);
      }
    }
  });

  test("int8 equals onnxruntime on the QDQ model, within one step", async () => {
    const { program, graph } = compile(model, { calibration: () => data });
    const float32 = program.steps.filter((step) => step.kernel.includes("_f32"));
    expect(float32.length > 0).toBe(node.hybrid ?? false);
    const host = hostProgram(program);
    const exported = writeModel(exportQdq(graph), { producer: "test" });
    const oracle = await session(exported);
    const [output] = program.outputs.map((id) => program.tensors[id]);
    const step = output.scale ?? 1e-5;
    for (let i = 0; i < 4; i++) {
      const real = data.row(i);
      const expected = await oracle(real, shapes);
      const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], real[k]));
      const actual = realValues(output, runRow(host, program, stored)[0]);
      for (const [k, value] of expected.entries()) {
        expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(1.01 * step);
      }
    }
    const again = compile(exported, {});
    expect(again.view.signature).toBe(compile(model, { calibration: () => data }).view.signature);
  });

  test("the float program's values lie near the int8 program's", () => {
    const { program, graph } = compile(model, { calibration: () => data });
    const float = lower(graph, { precision: "float32", io: "float32" });
    const [output] = program.outputs.map((id) => program.tensors[id]);
    const real = data.row(0);
    const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], real[k]));
    const actual = realValues(output, runRow(hostProgram(program), program, stored)[0]);
    const [expected] = runRow(hostProgram(float), float, real) as Float32Array[];
    const scale = Math.max(...expected.map(Math.abs), 1e-3);
    for (const [k, value] of expected.entries()) {
      expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(0.1 * scale + 2 * (output.scale ?? 0));
    }
  });
});
