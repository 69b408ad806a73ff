/** Matrix products of every form. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const pattern = (type: ElementType, shape: Shape) =>
  feed(
    tensor(
      type,
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => ((i * 5) % 13) - (type.startsWith("u") ? 0 : 6)),
    ),
  );

export const cases: readonly NodeCase[] = [
  ...(["int32", "int64", "uint32", "uint64"] as const).map(
    (type): NodeCase => ({
      name: type,
      operator: "MatMul",
      inputs: [pattern(type, [2, 3, 4]), pattern(type, [4, 5])],
      output: [2, 3, 5],
      outputs: [{ type, shape: [2, 3, 5] }],
    }),
  ),
  {
    name: "six batch axes that merge into one",
    operator: "MatMul",
    inputs: [
      [2, 1, 2, 1, 2, 2, 2, 3],
      [2, 1, 2, 1, 2, 2, 3, 2],
    ],
    output: [2, 1, 2, 1, 2, 2, 2, 2],
    int8: 2,
  },
  {
    name: "two activations, all attributes",
    operator: "Gemm",
    attributes: { alpha: 0.25, beta: 0.35, transA: 1, transB: 1 },
    inputs: [
      [4, 3],
      [5, 4],
      [1, 5],
    ],
    output: [3, 5],
    int8: 5,
  },
  {
    name: "constant B, computed C scaled",
    operator: "Gemm",
    attributes: { alpha: 0.5, beta: -2 },
    inputs: [[3, 4], constant([4, 5], 1), [3, 1]],
    output: [3, 5],
    int8: 5,
  },
  {
    name: "int32",
    operator: "Gemm",
    attributes: { alpha: 2, transB: 1 },
    inputs: [
      feed(tensor("int32", [1, 2], [3, -4])),
      feed(tensor("int32", [2, 2], [1, 2, 5, 7])),
      tensor("int32", [], [10]),
    ],
    output: [1, 2],
    outputs: [{ type: "int32", shape: [1, 2] }],
    expected: [Int32Array.of(0, -16)],
  },
];
