/** Convolution, pooling and other operators over spatial axes: what float_cases.ts does not have. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { constant, feed, type OneNode, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

/** Small whole numbers without much order. */
const scattered = (type: ElementType, shape: Shape, modulus = 23, start = 0) =>
  tensor(
    type,
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => start + ((i * 7 + Math.floor(i / 5) * 3) % modulus)),
  );

const convolution = (
  operator: string,
  name: string,
  x: Shape,
  w: Shape,
  output: Shape,
  attributes: OneNode["attributes"] = {},
): NodeCase => ({
  ...{ name, operator, output, attributes },
  inputs: [x, constant(w, 3, 0.5), constant([output[1]], 4)],
  int8: 4,
});

const pool = (
  operator: string,
  name: string,
  x: Shape,
  output: Shape,
  attributes: OneNode["attributes"],
  more: Partial<NodeCase> = {},
): NodeCase => ({ ...{ name, operator, output, attributes }, inputs: [x], opset: 19, int8: 3, ...more });

const indices = (name: string, x: Shape, output: Shape, attributes: OneNode["attributes"]): NodeCase => ({
  ...{ name, operator: "MaxPool", output, attributes, opset: 12 },
  inputs: [feed(scattered("float32", x))],
  outputs: [
    { type: "float32", shape: output },
    { type: "int64", shape: output },
  ],
});

const convolutions: readonly NodeCase[] = [
  convolution("Conv", "three axes, grouped, dilated", [2, 4, 5, 6, 7], [6, 2, 2, 3, 2], [2, 6, 3, 3, 8], {
    group: 2,
    pads: [0, 1, 1, 0, 1, 2],
    strides: [1, 2, 1],
    dilations: [2, 1, 2],
  }),
  convolution("Conv", "three axes, SAME_LOWER", [1, 2, 3, 4, 5], [3, 2, 2, 3, 2], [1, 3, 2, 4, 3], {
    auto_pad: "SAME_LOWER",
    strides: [2, 1, 2],
  }),
  convolution("ConvTranspose", "three axes, output_padding", [2, 3, 3, 2, 4], [3, 2, 2, 3, 2], [2, 2, 6, 4, 9], {
    strides: [2, 2, 2],
    dilations: [1, 1, 2],
    pads: [0, 1, 0, 1, 1, 0],
    output_padding: [1, 1, 0],
  }),
  convolution("ConvTranspose", "three axes, grouped, SAME_UPPER", [1, 4, 2, 3, 2], [4, 3, 3, 3, 3], [1, 6, 4, 6, 2], {
    group: 2,
    strides: [2, 2, 1],
    auto_pad: "SAME_UPPER",
  }),
];

const pools: readonly NodeCase[] = [
  pool("MaxPool", "three axes, ceil_mode", [2, 3, 5, 4, 7], [2, 3, 3, 3, 4], {
    kernel_shape: [2, 3, 2],
    strides: [2, 1, 2],
    dilations: [1, 1, 2],
    pads: [0, 1, 0, 0, 0, 1],
    ceil_mode: 1,
  }),
  pool("AveragePool", "three axes", [1, 2, 5, 4, 7], [1, 2, 3, 4, 3], {
    kernel_shape: [2, 3, 3],
    strides: [2, 1, 2],
    pads: [1, 1, 0, 0, 1, 0],
  }),
  pool("AveragePool", "three axes, count_include_pad", [1, 2, 5, 4, 7], [1, 2, 3, 4, 4], {
    kernel_shape: [2, 3, 3],
    strides: [2, 1, 2],
    pads: [1, 1, 1, 0, 1, 1],
    count_include_pad: 1,
  }),
  pool("GlobalMaxPool", "three axes", [2, 3, 2, 3, 4], [2, 3, 1, 1, 1], {}),
  {
    ...pool("GlobalMaxPool", "four axes", [], [1, 2, 1, 1, 1, 1], {}),
    inputs: [feed(tensor("float32", [1, 2, 1, 2, 1, 2], [1, 4, 2, 3, -1, -5, -9, -2]))],
    expected: [Float32Array.of(4, -1)],
    int8: undefined,
  },
  pool("GlobalAveragePool", "three axes", [2, 3, 2, 3, 4], [2, 3, 1, 1, 1], {}),
  ...(["int8", "uint8"] as const).map(
    (type): NodeCase => ({
      ...pool("MaxPool", type, [], [1, 2, 3, 3], { kernel_shape: [2, 3], strides: [2, 2], pads: [0, 1, 0, 1] }),
      inputs: [feed(scattered(type, [1, 2, 6, 5], 100, type === "int8" ? -90 : 120))],
      outputs: [{ type, shape: [1, 2, 3, 3] }],
      int8: undefined,
    }),
  ),
  indices("indices of one axis", [2, 2, 9], [2, 2, 4], { kernel_shape: [3], strides: [2] }),
  indices("indices, padded, dilated", [1, 2, 6, 7], [1, 2, 4, 5], {
    kernel_shape: [3, 3],
    dilations: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  indices("indices in column-major order, ceil_mode", [2, 2, 5, 6], [2, 2, 3, 2], {
    kernel_shape: [2, 3],
    strides: [2, 3],
    storage_order: 1,
    ceil_mode: 1,
  }),
  indices("indices of three axes, column-major", [2, 1, 3, 4, 5], [2, 1, 2, 2, 3], {
    kernel_shape: [2, 3, 3],
    storage_order: 1,
  }),
  {
    name: "without output shape",
    operator: "MaxUnpool",
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    inputs: [[1, 2, 2, 2], feed(tensor("int64", [1, 2, 2, 2], [0, 3, 12, 15, 17, 18, 25, 31]))],
    output: [1, 2, 4, 4],
  },
  {
    name: "in a larger output",
    operator: "MaxUnpool",
    attributes: { kernel_shape: [2], strides: [2] },
    inputs: [
      feed(tensor("float32", [1, 1, 3], [3, 4, 5])),
      feed(tensor("int64", [1, 1, 3], [1, 2, 4])),
      tensor("int64", [3], [1, 1, 8]),
    ],
    output: [1, 1, 8],
    expected: [Float32Array.of(0, 3, 4, 0, 5, 0, 0, 0)],
  },
];

export const cases: readonly NodeCase[] = [...convolutions, ...pools];
