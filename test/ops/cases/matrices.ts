/** Einsum and Det. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const einsum = (equation: string, inputs: readonly Shape[], output: Shape, more: Partial<NodeCase> = {}): NodeCase => ({
  name: equation,
  operator: "Einsum",
  attributes: { equation },
  inputs,
  output,
  ...more,
});

const pattern = (type: ElementType, shape: Shape) =>
  feed(
    tensor(
      type,
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => ((i * 7) % 11) - 5),
    ),
  );

/** Matrices [2, 1, 3, 4] and [5, 4, 3] of the pattern multiplied, which onnxruntime does not broadcast. */
function products(): Float32Array {
  const value = (i: number) => ((i * 7) % 11) - 5;
  const result: number[] = [];
  for (let a = 0; a < 2; a++)
    for (let b = 0; b < 5; b++)
      for (let i = 0; i < 3; i++)
        for (let k = 0; k < 3; k++) {
          const terms = [0, 1, 2, 3].map((j) => value((a * 3 + i) * 4 + j) * value((b * 4 + j) * 3 + k));
          result.push(terms.reduce((sum, term) => sum + term, 0));
        }
  return Float32Array.from(result);
}

export const cases: readonly NodeCase[] = [
  einsum("ij->ji", [[3, 4]], [4, 3], { int8: 1 }),
  einsum("ij", [[3, 4]], [3, 4]),
  einsum("ba", [[3, 4]], [4, 3]),
  einsum("ij->", [[3, 4]], []),
  einsum("ij->i", [[3, 4]], [3]),
  einsum("ii", [[4, 4]], []),
  einsum("ii->i", [[4, 4]], [4]),
  einsum("iji->j", [[3, 2, 3]], [2]),
  einsum("...ii->...i", [[2, 3, 4, 4]], [2, 3, 4]),
  einsum("i,i", [[5], [5]], []),
  einsum("i,i->i", [[5], [5]], [5]),
  einsum("i,j->ij", [[3], [4]], [3, 4]),
  einsum(
    " ij , jk -> ik ",
    [
      [3, 4],
      [4, 5],
    ],
    [3, 5],
    { int8: 2 },
  ),
  einsum(
    "ij,jk",
    [
      [3, 4],
      [4, 5],
    ],
    [3, 5],
  ),
  einsum(
    "bij,bjk->bik",
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [2, 3, 5],
    { int8: 2 },
  ),
  einsum(
    "bhid,bhjd->bhij",
    [
      [2, 2, 3, 4],
      [2, 2, 5, 4],
    ],
    [2, 2, 3, 5],
    { int8: 2 },
  ),
  einsum("...ij,...jk->...ik", [], [2, 5, 3, 3], {
    inputs: [pattern("float32", [2, 1, 3, 4]), pattern("float32", [5, 4, 3])],
    expected: [products()],
  }),
  einsum(
    "...ij,jk",
    [
      [2, 3, 4],
      [4, 5],
    ],
    [2, 3, 5],
  ),
  einsum("i...,i->...", [[3, 2, 2], [3]], [2, 2]),
  einsum(
    "ij,ik,il->jkl",
    [
      [2, 3],
      [2, 4],
      [2, 5],
    ],
    [3, 4, 5],
  ),
  einsum(
    "ij,jk,kl->li",
    [
      [2, 3],
      [3, 4],
      [4, 5],
    ],
    [5, 2],
  ),
  einsum(
    "ij,kl->",
    [
      [2, 3],
      [4, 5],
    ],
    [],
  ),
  einsum(
    "ij,ij,ij->ij",
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [2, 3],
  ),
  einsum(
    "Ab,bA->A",
    [
      [2, 3],
      [3, 2],
    ],
    [2],
  ),
  einsum(
    "bqd,kd->bqk",
    [
      [1, 3, 4],
      [5, 4],
    ],
    [1, 3, 5],
  ),
  einsum(",ij->ji", [[], [2, 3]], [3, 2]),
  einsum("ij,jk->ik", [[1, 6]], [1, 4], {
    name: "with a constant matrix",
    inputs: [[1, 6], constant([6, 4], 3)],
    int8: 2,
  }),
  einsum("ij,kj->ik", [], [2, 4], {
    name: "integers",
    inputs: [pattern("int64", [2, 3]), pattern("int64", [4, 3])],
    outputs: [{ type: "int64", shape: [2, 4] }],
  }),
  ...([1, 2, 3, 5] as const).map(
    (size): NodeCase => ({
      name: `${size} rows`,
      operator: "Det",
      inputs: [[2, 3, size, size]],
      output: [2, 3],
      tolerance: 1e-5,
    }),
  ),
  {
    name: "one matrix, its first pivot 0",
    operator: "Det",
    inputs: [feed(tensor("float32", [3, 3], [0, 2, 1, 3, 0, 0, 4, 5, 6]))],
    output: [],
  },
  {
    name: "singular",
    operator: "Det",
    inputs: [feed(tensor("float32", [3, 3], [1, 2, 3, 2, 4, 6, 0, 0, 1]))],
    output: [],
  },
];
