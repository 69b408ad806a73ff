/** Reductions, and operators along one axis. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { feed, integers, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const pattern = (type: ElementType, shape: Shape) =>
  feed(
    tensor(
      type,
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => ((i * 5) % 13) - (type.startsWith("u") ? 0 : 6)),
    ),
  );

const sums = ["ReduceSum", "ReduceL1", "ReduceSumSquare"];
const all = [...sums, "ReduceProd", "ReduceMean", "ReduceMax", "ReduceMin"];

/** Opset in which the operator takes its axes as an input. */
const withInput = (operator: string) => (operator === "ReduceSum" ? 13 : 18);

export const cases: readonly NodeCase[] = [
  ...all.flatMap((operator): NodeCase[] => [
    {
      name: "axes apart from each other",
      operator,
      opset: 11,
      attributes: { axes: [0, -2], keepdims: 0 },
      inputs: [[2, 3, 5, 2]],
      output: [3, 2],
      ...(operator === "ReduceProd" ? {} : { int8: operator === "ReduceSumSquare" ? 3 : 2 }),
    },
    {
      name: "int32, axes as input",
      operator,
      opset: withInput(operator),
      inputs: [pattern("int32", [3, 4, 2]), integers(1)],
      output: [3, 1, 2],
      outputs: [{ type: "int32", shape: [3, 1, 2] }],
    },
    {
      name: "no axes, everything",
      operator,
      opset: withInput(operator),
      attributes: { keepdims: 0 },
      inputs: [[3, 4]],
      output: [],
    },
  ]),
  {
    name: "neighbouring axes in int8",
    operator: "ReduceSum",
    inputs: [[2, 3, 4], integers(1, 2)],
    output: [2, 1, 1],
    int8: 2,
  },
  {
    name: "int64",
    operator: "ReduceMax",
    opset: 18,
    inputs: [pattern("int64", [3, 4]), integers(0)],
    output: [1, 4],
    outputs: [{ type: "int64", shape: [1, 4] }],
  },
  ...["ReduceMax", "ReduceMin"].map(
    (operator): NodeCase => ({
      name: "bool",
      operator,
      opset: 20,
      inputs: [feed(tensor("bool", [3, 2], [0, 1, 1, 1, 0, 0])), integers(1)],
      output: [3, 1],
      outputs: [{ type: "bool", shape: [3, 1] }],
    }),
  ),
  {
    name: "nothing reduced, squares remain",
    operator: "ReduceSumSquare",
    opset: 18,
    attributes: { noop_with_empty_axes: 1 },
    inputs: [feed(tensor("float32", [3], [1, -2, 3]))],
    output: [3],
    expected: [Float32Array.of(1, 4, 9)],
  },
  ...["ArgMax", "ArgMin"].flatMap((operator): NodeCase[] => [
    {
      name: "first of equal ones",
      operator,
      attributes: { axis: 1, keepdims: 0 },
      inputs: [pattern("int32", [3, 16, 2])],
      output: [3, 2],
      outputs: [{ type: "int64", shape: [3, 2] }],
    },
    {
      name: "last of equal ones",
      operator,
      attributes: { axis: -1, select_last_index: 1 },
      inputs: [pattern("float32", [2, 29])],
      output: [2, 1],
      outputs: [{ type: "int64", shape: [2, 1] }],
    },
  ]),
  {
    name: "largest along the first axis",
    operator: "TopK",
    opset: 11,
    attributes: { axis: 0 },
    inputs: [pattern("float32", [16, 3]), integers(5)],
    output: [5, 3],
    outputs: [
      { type: "float32", shape: [5, 3] },
      { type: "int64", shape: [5, 3] },
    ],
  },
  {
    name: "smallest of int64",
    operator: "TopK",
    opset: 11,
    attributes: { largest: 0 },
    inputs: [pattern("int64", [2, 20]), integers(3)],
    output: [2, 3],
    outputs: [
      { type: "int64", shape: [2, 3] },
      { type: "int64", shape: [2, 3] },
    ],
  },
  {
    name: "opset 1, values only",
    operator: "TopK",
    opset: 9,
    attributes: { k: 2 },
    inputs: [[3, 5]],
    output: [3, 2],
    outputs: [
      { type: "float32", shape: [3, 2] },
      { type: "int64", shape: [3, 2] },
    ],
  },
  ...[0, 1].map(
    (exclusive): NodeCase => ({
      name: exclusive ? "exclusive, from the end" : "inclusive",
      operator: "CumSum",
      opset: 14,
      attributes: { exclusive, reverse: exclusive },
      inputs: [[2, 5, 3], tensor("int64", [], [-2])],
      output: [2, 5, 3],
      int8: 2,
    }),
  ),
  {
    name: "int32",
    operator: "CumSum",
    opset: 14,
    inputs: [pattern("int32", [2, 3]), tensor("int32", [], [1])],
    output: [2, 3],
    outputs: [{ type: "int32", shape: [2, 3] }],
  },
  {
    name: "middle axis",
    operator: "Hardmax",
    attributes: { axis: 1 },
    inputs: [[2, 5, 3]],
    output: [2, 5, 3],
  },
  {
    name: "opset 11, several axes in one",
    operator: "Hardmax",
    opset: 11,
    inputs: [[2, 5, 3]],
    output: [2, 5, 3],
  },
];
