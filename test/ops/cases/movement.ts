/** Operators that move elements, on every element size, and in int8 where input and output share their scale. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { constant, feed, integers, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const counting = (type: ElementType, shape: Shape) =>
  feed(
    tensor(
      type,
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => (type === "bool" ? ((i * 7) % 3) & 1 : (i * 37) % 101)),
    ),
  );

const longs = (shape: Shape, ...values: number[]) => feed(tensor("int64", shape, values));

/** A case on integers or bools of `type`; its output has this type. */
const typed = (type: ElementType, of: Omit<NodeCase, "name"> & { readonly name?: string }): NodeCase => ({
  ...of,
  name: of.name ? `${of.name}, ${type}` : type,
  outputs: [{ type, shape: of.output }],
});

const gathering: readonly NodeCase[] = [
  {
    name: "rows of a table",
    operator: "Gather",
    inputs: [constant([7, 3], 1), longs([2, 2], 6, -7, 0, 3)],
    output: [2, 2, 3],
  },
  {
    name: "int8",
    operator: "Gather",
    attributes: { axis: -2 },
    inputs: [[2, 4, 3], integers(3, 0, -1)],
    output: [2, 3, 3],
    int8: 2,
  },
  typed("int64", {
    operator: "Gather",
    attributes: { axis: 1 },
    inputs: [counting("int64", [2, 4]), longs([], 2)],
    output: [2],
  }),
  typed("bool", {
    operator: "Gather",
    inputs: [counting("bool", [5]), feed(tensor("int32", [3], [4, -5, 1]))],
    output: [3],
  }),
  {
    name: "fewer indices than elements",
    operator: "GatherElements",
    attributes: { axis: 1 },
    inputs: [[3, 4, 2], longs([2, 3, 2], 0, 1, -1, 2, 3, -4, 0, 0, 1, 1, 2, 2)],
    output: [2, 3, 2],
  },
  typed("int32", {
    operator: "GatherElements",
    attributes: { axis: -1 },
    inputs: [counting("int32", [2, 3]), feed(tensor("int32", [2, 4], [0, 1, 2, -1, -3, 0, 0, 2]))],
    output: [2, 4],
  }),
  { name: "tuples", operator: "GatherND", inputs: [[3, 2, 4], longs([2, 2], 2, -1, -3, 0)], output: [2, 4] },
  {
    name: "batches",
    operator: "GatherND",
    attributes: { batch_dims: 1 },
    inputs: [[2, 3, 2], longs([2, 2, 1], 2, 0, -1, 1)],
    output: [2, 2, 2],
  },
];

const scattering: readonly NodeCase[] = [
  {
    name: "of opset 9",
    operator: "Scatter",
    opset: 9,
    attributes: { axis: 1 },
    inputs: [[2, 5], longs([2, 2], 1, 3, 0, 4), [2, 2]],
    output: [2, 5],
  },
  {
    name: "negative indices",
    operator: "ScatterElements",
    attributes: { axis: -3 },
    inputs: [[3, 2, 2], longs([2, 2, 1], 2, 0, -1, 1), [2, 2, 1]],
    output: [3, 2, 2],
  },
  ...(["none", "add", "mul", "min", "max"] as const).flatMap((reduction): NodeCase[] => [
    {
      name: reduction,
      operator: "ScatterElements",
      opset: 18,
      attributes: { axis: 1, reduction },
      inputs: [[2, 4], longs([2, 3], 1, reduction === "none" ? 2 : 1, -1, 0, 2, 3), [2, 3]],
      output: [2, 4],
    },
    typed("int32", {
      name: reduction,
      operator: "ScatterND",
      opset: 18,
      attributes: { reduction },
      inputs: [counting("int32", [4, 3]), longs([3, 1], 1, 3, 0), counting("int32", [3, 3])],
      output: [4, 3],
    }),
  ]),
  typed("int64", {
    operator: "ScatterElements",
    inputs: [counting("int64", [5]), longs([2], -2, 0), counting("int64", [2])],
    output: [5],
  }),
  {
    name: "tuples of two",
    operator: "ScatterND",
    inputs: [[2, 3, 2], longs([2, 2], 1, 2, 0, -1), [2, 2]],
    output: [2, 3, 2],
  },
];

const slicing: readonly NodeCase[] = [
  {
    name: "backwards, by more than one, out of bounds",
    operator: "Slice",
    inputs: [[5, 6, 4], integers(-1, 5, -100), integers(-100, -7, 3), integers(0, -2, 2), integers(-2, -3, 1)],
    output: [3, 2, 3],
    int8: 2,
  },
  {
    name: "of opset 9",
    operator: "Slice",
    opset: 9,
    attributes: { starts: [1, -3], ends: [9, -1], axes: [0, 2] },
    inputs: [[3, 2, 4]],
    output: [2, 2, 2],
  },
  { name: "nothing left", operator: "Slice", inputs: [[3, 2], integers(2), integers(1)], output: [0, 2] },
  typed("int64", {
    operator: "Slice",
    inputs: [counting("int64", [6]), integers(4), integers(-100), integers(0), integers(-2)],
    output: [3],
  }),
  typed("int16", {
    operator: "Slice",
    inputs: [counting("int16", [2, 3]), integers(0), integers(2), integers(1)],
    output: [2, 2],
    expected: [Int16Array.of(0, 37, 10, 47)],
  }),
  {
    name: "equal parts, the last one smaller",
    operator: "Split",
    opset: 18,
    attributes: { axis: -1, num_outputs: 3 },
    inputs: [[2, 7]],
    output: [2, 3],
    outputs: [3, 3, 1].map((size) => ({ type: "float32", shape: [2, size] })),
    int8: 2,
  },
  {
    name: "given parts, one empty",
    operator: "Split",
    inputs: [[5, 2], integers(2, 0, 3)],
    output: [2, 2],
    outputs: [2, 0, 3].map((size) => ({ type: "float32", shape: [size, 2] })),
  },
  {
    name: "of opset 11",
    operator: "Split",
    opset: 11,
    attributes: { axis: 1, split: [1, 3] },
    inputs: [[2, 4]],
    output: [2, 1],
    outputs: [1, 3].map((size) => ({ type: "float32", shape: [2, size] })),
  },
];

const repeating: readonly NodeCase[] = [
  { name: "on two axes", operator: "Tile", inputs: [[2, 1, 3], integers(2, 1, 3)], output: [4, 1, 9], int8: 2 },
  typed("int64", { operator: "Tile", inputs: [counting("int64", [2, 2]), integers(1, 2)], output: [2, 4] }),
  { name: "more axes", operator: "Expand", inputs: [[3, 1], integers(2, 1, 4)], output: [2, 3, 4], int8: 2 },
  typed("bool", { operator: "Expand", inputs: [counting("bool", [1, 3]), integers(2, 1)], output: [2, 3] }),
];

const padding: readonly NodeCase[] = [
  ...["reflect", "edge", "wrap"].flatMap((mode): NodeCase[] => [
    {
      name: mode,
      operator: "Pad",
      opset: 19,
      attributes: { mode },
      inputs: [[2, 3, 4], integers(0, 1, 2, 0, 2, 3)],
      output: [2, 6, 9],
      int8: 2,
    },
    typed("int32", {
      name: `${mode} with axes`,
      operator: "Pad",
      opset: 19,
      attributes: { mode },
      inputs: [counting("int32", [2, 4]), integers(2, 1), undefined, integers(-1)],
      output: [2, 7],
    }),
  ]),
  { name: "negative pads", operator: "Pad", inputs: [[3, 4], integers(-1, 2, 1, -2)], output: [3, 4] },
  typed("int64", {
    operator: "Pad",
    opset: 18,
    inputs: [counting("int64", [2, 3]), integers(1, 0, 0, 2), tensor("int64", [], [-7])],
    output: [3, 5],
  }),
  typed("bool", { operator: "Pad", inputs: [counting("bool", [3]), integers(1, 1)], output: [5] }),
  {
    name: "a computed value",
    operator: "Pad",
    inputs: [[2, 2], integers(0, 1, 1, 0), feed(tensor("float32", [], [2.5]))],
    output: [3, 3],
  },
];

const rearranging: readonly NodeCase[] = [
  ...["DCR", "CRD"].map(
    (mode): NodeCase => ({
      name: mode,
      operator: "DepthToSpace",
      attributes: { blocksize: 2, mode },
      inputs: [[2, 8, 2, 3]],
      output: [2, 2, 4, 6],
      int8: 2,
    }),
  ),
  {
    name: "blocks of 2",
    operator: "SpaceToDepth",
    attributes: { blocksize: 2 },
    inputs: [[2, 3, 4, 6]],
    output: [2, 12, 2, 3],
    int8: 2,
  },
  {
    name: "cropped and padded",
    operator: "CenterCropPad",
    opset: 18,
    attributes: { axes: [-1, 0] },
    inputs: [[2, 3, 7], integers(4, 5)],
    output: [5, 3, 4],
  },
  ...[0, 1].map(
    (time): NodeCase => ({
      name: `time axis ${time}`,
      operator: "ReverseSequence",
      attributes: { time_axis: time, batch_axis: 1 - time },
      inputs: [[3, 3, 2], time === 0 ? longs([3], 1, 3, 2) : tensor("int64", [3], [1, 3, 2])],
      output: [3, 3, 2],
      ...(time === 1 && { int8: 2 }),
    }),
  ),
  typed("int64", {
    operator: "Transpose",
    attributes: { perm: [2, 0, 1] },
    inputs: [counting("int64", [2, 3, 4])],
    output: [4, 2, 3],
  }),
  typed("bool", { operator: "Transpose", inputs: [counting("bool", [2, 3])], output: [3, 2] }),
  {
    name: "rank 7",
    operator: "Transpose",
    attributes: { perm: [4, 5, 6, 0, 1, 2, 3] },
    inputs: [[2, 1, 2, 2, 3, 1, 2]],
    output: [3, 1, 2, 2, 1, 2, 2],
  },
  typed("int64", {
    operator: "Concat",
    attributes: { axis: 1 },
    inputs: [counting("int64", [2, 1]), counting("int64", [2, 3])],
    output: [2, 4],
  }),
];

const choosing: readonly NodeCase[] = [
  {
    name: "broadcasting",
    operator: "Where",
    inputs: [counting("bool", [3, 1]), [2, 1, 4], constant([4], 3)],
    output: [2, 3, 4],
  },
  typed("int64", {
    operator: "Where",
    inputs: [counting("bool", [4]), counting("int64", [2, 4]), longs([], -1)],
    output: [2, 4],
  }),
  ...[0, 1].flatMap((upper): NodeCase[] => [
    {
      name: `upper ${upper}`,
      operator: "Trilu",
      opset: 14,
      attributes: { upper },
      inputs: [[2, 3, 4]],
      output: [2, 3, 4],
      int8: 2,
    },
    typed("int64", {
      operator: "Trilu",
      opset: 14,
      attributes: { upper },
      inputs: [counting("int64", [3, 4]), longs([], -1)],
      output: [3, 4],
    }),
  ]),
  {
    name: "axis, negative and far indices",
    operator: "OneHot",
    attributes: { axis: 1 },
    inputs: [longs([2, 3], 0, -1, 4, 3, -4, 9), integers(4), feed(tensor("float32", [2], [-1, 3]))],
    output: [2, 4, 3],
    // Indices beyond the depth are off everywhere; the axis runs over the classes 0 to 3.
    expected: [
      Float32Array.from([
        ...[3, -1, -1, -1, -1, -1, -1, -1, -1, -1, 3, -1],
        ...[-1, 3, -1, -1, -1, -1, -1, -1, -1, 3, -1, -1],
      ]),
    ],
  },
  typed("int64", {
    operator: "OneHot",
    inputs: [feed(tensor("int32", [3], [2, 0, 1])), tensor("int64", [], [3]), longs([2], 5, 9)],
    output: [3, 3],
    expected: [BigInt64Array.of(5n, 5n, 9n, 9n, 5n, 5n, 5n, 9n, 5n)],
  }),
];

const generating: readonly NodeCase[] = [
  typed("int64", {
    operator: "Range",
    inputs: [tensor("int64", [], [9]), tensor("int64", [], [1]), tensor("int64", [], [-3])],
    output: [3],
  }),
  {
    name: "real",
    operator: "Range",
    inputs: [tensor("float32", [], [1]), tensor("float32", [], [2]), tensor("float32", [], [0.3])],
    output: [4],
  },
  { name: "off the diagonal", operator: "EyeLike", attributes: { k: -1 }, inputs: [[3, 4]], output: [3, 4] },
  typed("int32", { operator: "EyeLike", attributes: { dtype: 6 }, inputs: [[2, 2]], output: [2, 2] }),
  typed("int64", { operator: "Size", inputs: [[2, 3]], output: [] }),
  {
    name: "with a mask",
    operator: "Dropout",
    inputs: [[2, 3]],
    output: [2, 3],
    outputs: [
      { type: "float32", shape: [2, 3] },
      { type: "bool", shape: [2, 3] },
    ],
  },
];

const cached = (mode: string, at: readonly number[], expected: readonly number[]): NodeCase => ({
  name: mode,
  operator: "TensorScatter",
  opset: 24,
  attributes: { mode },
  inputs: [
    feed(tensor("float32", [2, 1, 3, 2], new Array(12).fill(0))),
    feed(tensor("float32", [2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])),
    longs([2], ...at),
  ],
  output: [2, 1, 3, 2],
  expected: [Float32Array.from(expected)],
});

export const cases: readonly NodeCase[] = [
  ...gathering,
  ...scattering,
  ...slicing,
  ...repeating,
  ...padding,
  ...rearranging,
  ...choosing,
  ...generating,
  cached("linear", [1, 0], [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0]),
  cached("circular", [2, 1], [3, 4, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8]),
];
