/** Operators whose output length depends on the data: shapes are those of the longest outputs. */
import { feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

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
];
