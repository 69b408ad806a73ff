/** Operators whose output length depends on the data: shapes are those of the longest outputs. */
import type { Attributes, ElementType, Shape, TypedArray } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { feed, integers, randomValues, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

/** Boxes as two corners, or centre and size, that overlap here and there. */
function boxes(shape: Shape) {
  const data = randomValues(elementCount(shape), 7).map((x, i) => (i % 4 < 2 ? x : x + 2));
  return feed({ type: "float32", shape, data: data as TypedArray });
}

/** Few different scores, so that many are equal. */
function scores(shape: Shape) {
  const data = randomValues(elementCount(shape), 3).map((x) => Math.round(4 * x) / 4);
  return feed({ type: "float32", shape, data: data as TypedArray });
}

const real = (value: number) => tensor("float32", [1], [value]);

function suppression(name: string, settings: NodeCase["inputs"], rows: number, attributes: Attributes = {}): NodeCase {
  return {
    name,
    operator: "NonMaxSuppression",
    opset: 11,
    attributes,
    inputs: [boxes([2, 12, 4]), scores([2, 3, 12]), ...settings],
    output: [rows, 3],
    outputs: [{ type: "int64", shape: [rows, 3] }],
  };
}

const DIGITS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

function unique(name: string, type: ElementType, shape: Shape, attributes: Attributes, axis?: number): NodeCase {
  const values = DIGITS.slice(0, elementCount(shape));
  const count = axis === undefined ? elementCount(shape) : shape[axis];
  const list = { type: "int64" as const, shape: [count] };
  return {
    name,
    operator: "Unique",
    opset: 11,
    attributes,
    inputs: [feed(tensor(type, shape, values))],
    output: shape,
    outputs: [{ type, shape: axis === undefined ? [count] : shape }, list, list, list],
  };
}

export const cases: readonly NodeCase[] = [
  {
    name: "rows of a matrix",
    operator: "Compress",
    opset: 11,
    attributes: { axis: -2 },
    inputs: [feed(tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6])), feed(tensor("bool", [3], [1, 0, 1]))],
    output: [3, 2],
    outputs: [{ type: "float32", shape: [3, 2] }],
  },
  {
    name: "any rank",
    operator: "NonZero",
    inputs: [feed(tensor("float32", [2, 3], [0, 1, -0, -3, 0, 2]))],
    output: [2, 6],
    outputs: [{ type: "int64", shape: [2, 6] }],
  },
  {
    name: "constants, of known length",
    operator: "NonZero",
    inputs: [tensor("int32", [4], [0, 3, 0, 1])],
    output: [1, 2],
    outputs: [{ type: "int64", shape: [1, 2] }],
  },
  suppression("all settings", [integers(4), real(0.3), real(-0.5)], 24),
  suppression("boxes as centre and size", [integers(20), real(0.5)], 72, { center_point_box: 1 }),
  suppression("how many is known at run time", [feed(integers(3)), feed(real(0.1)), feed(real(0))], 72),
  suppression("none wanted", [integers(0)], 0),
  unique("sorted values", "float32", [3, 4], {}),
  unique("values in their order", "int64", [12], { sorted: 0 }),
  unique("rows", "int8", [6, 2], { axis: 0 }, 0),
  unique("columns in their order", "float32", [2, 6], { axis: -1, sorted: 0 }, 1),
  {
    name: "slices of three axes, without indices",
    operator: "Unique",
    opset: 11,
    attributes: { axis: 1 },
    inputs: [feed(tensor("float32", [2, 3, 2], [1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 5, 6]))],
    output: [2, 3, 2],
    outputs: [{ type: "float32", shape: [2, 3, 2] }, undefined, { type: "int64", shape: [3] }],
  },
  {
    name: "constants, of known length",
    operator: "Unique",
    opset: 11,
    inputs: [tensor("int64", [4], [7, 3, 7, 1])],
    output: [3],
    outputs: [{ type: "int64", shape: [3] }],
  },
  ...["NonZero", "Unique"].map(
    (operator): NodeCase => ({
      name: "nothing",
      operator,
      inputs: [tensor("float32", [0], [])],
      output: [0],
      outputs: [operator === "NonZero" ? { type: "int64", shape: [1, 0] } : { type: "float32", shape: [0] }],
      expected: [operator === "NonZero" ? new BigInt64Array(0) : new Float32Array(0)],
    }),
  ),
];
