/** Quantising operators, and operators on quantised tensors. */
import type { ElementType, Shape, Tensor } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { feed, randomValues, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

type Operand = Omit<Tensor, "name">;
type Byte = "int8" | "uint8";

/** Integers over the whole range of a type of 8 bits, or the wide range given. */
function integers(type: ElementType, shape: Shape, seed: number, range = 127): Operand {
  const offset = type.startsWith("u") ? range + 1 : 0;
  return tensor(
    type,
    shape,
    randomValues(elementCount(shape), seed, range).map((v) => Math.round(v) + offset),
  );
}

const scale = (...values: number[]) => tensor("float32", values.length === 1 ? [] : [values.length], values);
const zero = (type: ElementType, ...values: number[]) =>
  tensor(type, values.length === 1 ? [] : [values.length], values);

const quantize = (name: string, parameters: readonly (Operand | undefined)[], more: Partial<NodeCase>): NodeCase => ({
  ...{ name, operator: "QuantizeLinear", range: 3, output: [2, 4, 3], opset: 21 },
  inputs: [[2, 4, 3], ...parameters],
  ...more,
});

const result = (type: ElementType, shape: Shape = [2, 4, 3]) => ({ outputs: [{ type, shape }] });

const dequantize = (
  name: string,
  x: Operand,
  parameters: readonly Operand[],
  more: Partial<NodeCase> = {},
): NodeCase => ({
  ...{ name, operator: "DequantizeLinear", output: x.shape, opset: 21 },
  inputs: [feed(x), ...parameters],
  ...more,
});

const blocks = scale(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2);

const conversions: readonly NodeCase[] = [
  quantize("uint8 by default", [scale(0.02)], result("uint8")),
  quantize("int8", [scale(0.02), zero("int8", -7)], result("int8")),
  quantize("uint16 along the last axis", [scale(0.02, 0.1, 1), zero("uint16", 5, 60000, 7)], {
    ...result("uint16"),
    attributes: { axis: -1 },
  }),
  quantize(
    "int16 in blocks of 2",
    [
      { ...blocks, shape: [2, 2, 3] },
      { ...zero("int16", ...new Array(12).fill(3)), shape: [2, 2, 3] },
    ],
    {
      ...result("int16"),
      attributes: { axis: 1, block_size: 2 },
    },
  ),
  quantize("with a scale from run time", [feed(scale(0.05)), feed(zero("int8", 3))], result("int8")),
  dequantize("uint8", integers("uint8", [3, 5], 1), [scale(0.03), zero("uint8", 100)]),
  dequantize("int8 along an axis", integers("int8", [2, 3], 2), [scale(0.1, 0.2, 0.3), zero("int8", 0, -5, 7)]),
  dequantize("uint16", integers("uint16", [7], 3, 30000), [scale(0.001), zero("uint16", 32768)]),
  dequantize("int32 without a zero point", integers("int32", [2, 2], 4, 1e6), [scale(0.25)]),
  dequantize(
    "int8 in blocks of 3, the last one of 2",
    integers("int8", [5, 2], 5),
    [{ ...scale(0.5, 1, 2, 4), shape: [2, 2] }],
    {
      attributes: { axis: 0, block_size: 3 },
      expected: [integers("int8", [5, 2], 5).data!.slice() as Int8Array].map((x) =>
        Float32Array.from(x, (v, i) => v * [0.5, 1, 0.5, 1, 0.5, 1, 2, 4, 2, 4][i]),
      ),
    },
  ),
  {
    ...{ name: "of a float model", operator: "DynamicQuantizeLinear", range: 2, output: [3, 4] },
    inputs: [[3, 4]],
    outputs: [
      { type: "uint8", shape: [3, 4] },
      { type: "float32", shape: [] },
      { type: "uint8", shape: [] },
    ],
  },
  {
    ...{ name: "of zeros", operator: "DynamicQuantizeLinear", output: [3] },
    inputs: [feed(tensor("float32", [3], [0, 0, 0]))],
    outputs: [
      { type: "uint8", shape: [3] },
      { type: "float32", shape: [] },
      { type: "uint8", shape: [] },
    ],
    expected: [Uint8Array.of(0, 0, 0), Float32Array.of(1 / 255), Uint8Array.of(0)],
  },
];

const products: readonly NodeCase[] = [
  {
    ...{ name: "uint8 by int8, a zero point per column", operator: "MatMulInteger", output: [2, 3, 4] },
    // onnxruntime adds pairs of such products in 16 bits on CPUs without VNNI: 2 * 255 * 63 fits.
    inputs: [
      feed(integers("uint8", [2, 3, 5], 6)),
      feed(integers("int8", [5, 4], 7, 63)),
      zero("uint8", 117),
      zero("int8", 1, -2, 3, 127),
    ],
    ...result("int32", [2, 3, 4]),
  },
  {
    ...{ name: "sums above 2^24", operator: "MatMulInteger", output: [2, 2] },
    inputs: [feed(integers("uint8", [2, 900], 8)), integers("uint8", [900, 2], 9)],
    ...result("int32", [2, 2]),
  },
  {
    ...{ name: "padded, stride 2, with zero points", operator: "ConvInteger", output: [1, 2, 3, 3] },
    inputs: [
      feed(integers("uint8", [1, 3, 5, 5], 10)),
      integers("uint8", [2, 3, 3, 3], 11),
      zero("uint8", 120),
      zero("uint8", 128),
    ],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
    ...result("int32", [1, 2, 3, 3]),
  },
];

const MICROSOFT = "com.microsoft";

/** Cases of operators on quantised tensors with one input: x, scale and zero point of x and of y. */
const one = (operator: string, x: Operand, y: Shape, parameters: readonly Operand[], attributes = {}): NodeCase => ({
  ...{ name: x.type, operator, domain: MICROSOFT, output: y, attributes },
  inputs: [feed(x), ...parameters],
  ...result(x.type, y),
});

const two = (operator: string, type: Byte): NodeCase => ({
  ...{ name: type, operator, domain: MICROSOFT, output: [2, 3] },
  inputs: [
    feed(integers(type, [2, 3], 12)),
    scale(0.05),
    zero(type, 10),
    feed(integers(type, [3], 13)),
    scale(0.02),
    zero(type, 20),
    scale(0.06),
    zero(type, 30),
  ],
  ...result(type, [2, 3]),
});

function convolution(type: Byte, weights: Byte): NodeCase {
  const center = weights === "uint8" ? 128 : 0;
  return {
    ...{ name: `${type}, a scale per channel, bias`, operator: "QLinearConv", output: [1, 4, 3, 3] },
    inputs: [
      feed(integers(type, [1, 2, 5, 5], 14)),
      ...[scale(0.02), zero(type, 100)],
      integers(weights, [4, 1, 3, 3], 15),
      ...[scale(0.01, 0.02, 0.03, 0.005), zero(weights, center, center, center, center)],
      ...[scale(0.06), zero(type, 90)],
      tensor("int32", [4], [100, -200, 3000, 0]),
    ],
    attributes: { group: 2, pads: [1, 1, 1, 1], strides: [2, 2] },
    ...result(type, [1, 4, 3, 3]),
  };
}

function gemm(type: Byte, float: boolean): NodeCase {
  const stored = float ? [] : [scale(0.3), zero(type, 17)];
  return {
    ...{ name: float ? "float32 output" : type, operator: "QGemm", domain: MICROSOFT, output: [2, 3] },
    inputs: [
      feed(integers(type, [2, 8], 16)),
      ...[scale(0.05), zero(type, 60)],
      integers("int8", [3, 8], 17),
      ...[scale(0.01, 0.02, 0.03), zero("int8", 0, 0, 0), tensor("int32", [3], [500, -600, 7])],
      ...stored,
    ],
    attributes: { transB: 1 },
    ...result(float ? "float32" : type, [2, 3]),
  };
}

const product = (type: Byte, b: Operand): NodeCase => ({
  ...{
    name: `${type}, ${b.shape.length > 2 ? "computed" : "constant"} B`,
    operator: "QLinearMatMul",
    output: [2, 3, 4],
  },
  inputs: [
    feed(integers(type, [2, 3, 6], 18)),
    ...[scale(0.02), zero(type, 33)],
    b.shape.length > 2 ? feed(b) : b,
    ...[scale(0.03), zero(b.type, 0), scale(0.2), zero(type, 60)],
  ],
  ...result(type, [2, 3, 4]),
});

/** onnxruntime has the operator in its schemas only. */
function meanOfRows(): NodeCase {
  const x = integers("int8", [2, 3, 7], 26);
  const parameters = [scale(0.05), zero("int8", 10), scale(0.03), zero("int8", 0)];
  const means = Int8Array.from({ length: 6 }, (_, row) => {
    const sum = (x.data as Int8Array).subarray(row * 7, row * 7 + 7).reduce((total, v) => total + v - 10, 0);
    return Math.round((sum / 7) * (0.05 / 0.03));
  });
  return { ...one("QLinearReduceMean", x, [2, 3], parameters, { axes: [-1], keepdims: 0 }), expected: [means] };
}

/** Operators on quantised tensors: in int8 firmware they are integer kernels. */
export const integerCases: readonly NodeCase[] = [
  convolution("uint8", "uint8"),
  convolution("int8", "int8"),
  product("int8", integers("int8", [6, 4], 19)),
  product("int8", integers("int8", [2, 6, 4], 20)),
  gemm("int8", false),
  gemm("uint8", false),
  two("QLinearAdd", "uint8"),
  two("QLinearAdd", "int8"),
  two("QLinearMul", "int8"),
  one(
    "QLinearSigmoid",
    integers("int8", [4, 9], 21),
    [4, 9],
    [scale(0.05), zero("int8", 3), scale(1 / 256), zero("int8", -128)],
  ),
  one(
    "QLinearLeakyRelu",
    integers("uint8", [4, 9], 22),
    [4, 9],
    [scale(0.05), zero("uint8", 100), scale(0.04), zero("uint8", 90)],
    { alpha: 0.1 },
  ),
  one(
    "QLinearSoftmax",
    integers("int8", [3, 5], 23),
    [3, 5],
    [scale(0.03), zero("int8", 0), scale(1 / 256), zero("int8", -128)],
    { axis: 1, opset: 13 },
  ),
  one(
    "QLinearAveragePool",
    integers("uint8", [1, 2, 5, 5], 24),
    [1, 2, 2, 2],
    [scale(0.05), zero("uint8", 100), scale(0.04), zero("uint8", 110)],
    { kernel_shape: [2, 2], strides: [2, 2] },
  ),
  one(
    "QLinearGlobalAveragePool",
    integers("int8", [1, 3, 4, 5], 25),
    [1, 3, 1, 1],
    [scale(0.05), zero("int8", 10), scale(0.02), zero("int8", 0)],
    { channels_last: 0 },
  ),
  meanOfRows(),
  {
    ...{ name: "two scales", operator: "QLinearConcat", domain: MICROSOFT, output: [2, 5], attributes: { axis: 1 } },
    inputs: [
      ...[scale(0.05), zero("int8", 3)],
      ...[feed(integers("int8", [2, 3], 27)), scale(0.05), zero("int8", 3)],
      ...[feed(integers("int8", [2, 2], 28)), scale(0.03), zero("int8", -3)],
    ],
    ...result("int8", [2, 5]),
  },
];

export const cases: readonly NodeCase[] = [
  ...conversions,
  ...products,
  ...integerCases,
  gemm("int8", true),
  { ...quantize("uint16", [scale(0.0001), zero("uint16", 3000)], result("uint16")), domain: MICROSOFT, opset: 13 },
  dequantize("int16", integers("int16", [9], 29, 30000), [scale(0.001), zero("int16", 5)], {
    domain: MICROSOFT,
    opset: 13,
  }),
];
