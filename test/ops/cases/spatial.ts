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

const floats = (...values: number[]) => tensor("float32", [values.length], values);
const sizes = (...values: number[]) => tensor("int64", [values.length], values);

const resize = (
  name: string,
  x: Shape,
  output: Shape,
  attributes: OneNode["attributes"],
  more: Partial<NodeCase> = {},
): NodeCase => ({
  ...{ name, operator: "Resize", output, attributes, opset: 19 },
  inputs: [x, undefined, undefined, sizes(...output)],
  int8: 3,
  ...more,
});

const image: Shape = [1, 2, 5, 4];
const region = floats(0, 0, 0.2, -0.3, 1, 1, 0.8, 1.1);
const resizes: readonly NodeCase[] = [
  resize("linear", image, [1, 2, 8, 7], { mode: "linear" }),
  resize("linear, align_corners", image, [1, 2, 3, 8], {
    mode: "linear",
    coordinate_transformation_mode: "align_corners",
  }),
  resize("linear, asymmetric, over every axis", [2, 3, 4], [3, 5, 7], {
    mode: "linear",
    coordinate_transformation_mode: "asymmetric",
  }),
  resize("linear, pytorch_half_pixel", image, [1, 2, 3, 1], {
    mode: "linear",
    coordinate_transformation_mode: "pytorch_half_pixel",
  }),
  resize(
    "linear, half_pixel_symmetric",
    image,
    [1, 2, 6, 10],
    { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" },
    { inputs: [image, undefined, floats(1, 1, 1.3, 2.6)] },
  ),
  resize(
    "linear of opset 10",
    image,
    [1, 2, 10, 6],
    { mode: "linear" },
    { opset: 10, inputs: [image, floats(1, 1, 2, 1.5)] },
  ),
  resize("cubic", image, [1, 2, 8, 7], { mode: "cubic" }),
  resize(
    "cubic, exclude_outside, other coefficient",
    image,
    [1, 2, 4, 9],
    {
      mode: "cubic",
      cubic_coeff_a: -0.5,
      exclude_outside: 1,
    },
    { int8: 5 },
  ),
  resize(
    "linear with antialias, axes",
    [1, 2, 7, 9],
    [1, 2, 3, 4],
    // onnxruntime leaves neighbours beyond the ends out in any case.
    { mode: "linear", antialias: 1, axes: [-2, -1], exclude_outside: 1 },
    { inputs: [[1, 2, 7, 9], undefined, undefined, sizes(3, 4)] },
  ),
  resize(
    "linear, not_larger",
    [1, 1, 4, 6],
    [1, 1, 6, 9],
    { mode: "linear", axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
    { inputs: [[1, 1, 4, 6], undefined, undefined, sizes(10, 9)] },
  ),
  resize(
    "nearest, not_smaller",
    [1, 1, 4, 6],
    [1, 1, 10, 15],
    { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" },
    { inputs: [[1, 1, 4, 6], undefined, undefined, sizes(10, 9)] },
  ),
  resize("nearest over four axes", [2, 3, 4, 5], [3, 2, 6, 4], {
    nearest_mode: "ceil",
    coordinate_transformation_mode: "asymmetric",
  }),
  resize(
    "nearest of bytes",
    [],
    [1, 2, 6, 3],
    { nearest_mode: "floor" },
    {
      inputs: [feed(scattered("uint8", [1, 2, 4, 4])), undefined, undefined, sizes(1, 2, 6, 3)],
      outputs: [{ type: "uint8", shape: [1, 2, 6, 3] }],
      int8: undefined,
    },
  ),
  ...["linear", "nearest", "cubic"].map((mode) =>
    resize(
      `${mode} of a region that leaves the input`,
      [1, 1, 5, 6],
      [1, 1, 4, 5],
      { mode, coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: 0.5 },
      { inputs: [[1, 1, 5, 6], region, undefined, sizes(1, 1, 4, 5)] },
    ),
  ),
  {
    ...{ name: "linear", operator: "Upsample", output: [1, 2, 6, 10], opset: 9 },
    ...{ attributes: { mode: "linear" }, inputs: [[1, 2, 3, 4], floats(1, 1, 2, 2.5)], int8: 3 },
  },
];

const sampled = (
  name: string,
  x: Shape,
  grid: Shape,
  attributes: OneNode["attributes"],
  more: Partial<NodeCase> = {},
): NodeCase => ({
  ...{ name, operator: "GridSample", attributes, opset: 20, inputs: [x, grid] },
  ...{ output: [x[0], x[1], ...grid.slice(1, -1)], range: 1.5, int8: 2 },
  ...more,
});

const samples: readonly NodeCase[] = [
  ...["zeros", "border", "reflection"].flatMap((padding_mode) => [
    sampled(`linear, ${padding_mode}`, [2, 2, 4, 5], [2, 3, 2, 2], { padding_mode }, { int8: undefined }),
    sampled(
      `nearest, ${padding_mode}`,
      [1, 2, 4, 5],
      [1, 3, 2, 2],
      { mode: "nearest", padding_mode, align_corners: 1 },
      { int8: undefined },
    ),
    sampled(
      `bicubic of opset 16, ${padding_mode}`,
      [1, 2, 4, 5],
      [1, 3, 2, 2],
      { mode: "bicubic", padding_mode },
      { opset: 16, int8: undefined },
    ),
    sampled(
      `three axes, ${padding_mode}`,
      [1, 2, 3, 4, 5],
      [1, 2, 3, 2, 3],
      { padding_mode, align_corners: 1 },
      { int8: undefined },
    ),
  ]),
  {
    ...{ name: "padded, dilated, strided", operator: "Col2Im", opset: 18, output: [2, 2, 5, 6], int8: 2 },
    inputs: [[2, 12, 9], sizes(5, 6), sizes(2, 3)],
    attributes: { strides: [2, 2], dilations: [2, 1], pads: [1, 0, 1, 1] },
  },
  {
    ...{ name: "three axes, integers", operator: "Col2Im", opset: 18, output: [1, 1, 2, 2, 2] },
    inputs: [feed(tensor("int32", [1, 2, 4], [1, 2, 3, 4, 10, 20, 30, 40])), sizes(2, 2, 2), sizes(1, 1, 2)],
    attributes: { pads: [0, 0, 0, 0, 0, 0] },
    expected: [Int32Array.of(1, 10, 2, 20, 3, 30, 4, 40)],
    outputs: [{ type: "int32", shape: [1, 1, 2, 2, 2] }],
  },
  {
    ...{ name: "mask, two groups", operator: "DeformConv", opset: 19, output: [1, 4, 3, 4], int8: 3 },
    inputs: [[1, 4, 5, 6], constant([4, 2, 3, 3], 3, 0.5), [1, 36, 3, 4], constant([4], 4), [1, 18, 3, 4]],
    attributes: { group: 2, offset_group: 2 },
  },
  ...["avg", "max"].flatMap((mode) =>
    [10, 16].map(
      (opset): NodeCase => ({
        ...{ name: `${mode} of opset ${opset}`, operator: "RoiAlign", opset, output: [2, 2, 3, 2], int8: 3 },
        attributes: {
          mode,
          output_height: 3,
          output_width: 2,
          spatial_scale: 0.5,
          sampling_ratio: opset === 10 ? 2 : 0,
        },
        inputs: [[1, 2, 6, 7], tensor("float32", [2, 4], [1, 2, 9, 10.5, -3, 0, 20, 3]), tensor("int64", [2], [0, 0])],
      }),
    ),
  ),
];

export const cases: readonly NodeCase[] = [...convolutions, ...pools, ...resizes, ...samples];
