/** Operators that belong to no larger group. */
import type { Attributes } from "../../../src/graph/ir.js";
import { feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const TEXT = tensor("int32", [2, 6], [1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8]);

const ngrams = (name: string, attributes: Attributes): NodeCase => ({
  name,
  operator: "TfIdfVectorizer",
  opset: 9,
  attributes: {
    min_gram_length: 1,
    max_gram_length: 2,
    max_skip_count: 0,
    mode: "TF",
    ngram_counts: [0, 4],
    ngram_indexes: [0, 1, 2, 3, 4, 5, 6],
    pool_int64s: [2, 3, 5, 4, 5, 6, 7, 8, 6, 7],
    ...attributes,
  },
  inputs: [feed(TEXT)],
  output: [2, 7],
});

export const cases: readonly NodeCase[] = [
  ngrams("words and pairs", {}),
  ngrams("pairs with up to 5 skips", { min_gram_length: 2, max_skip_count: 5 }),
  ngrams("weighed presence", { mode: "IDF", weights: [0.5, 2, 3, 1, 1.5, 0.25, 4] }),
  { ...ngrams("weighed counts of int64", { mode: "TFIDF", weights: [0.5, 2, 3, 1, 1.5, 0.25, 4] }), ...int64Row() },
  {
    name: "two dimensions",
    operator: "AffineGrid",
    opset: 20,
    inputs: [[2, 2, 3], tensor("int64", [4], [2, 3, 4, 5])],
    output: [2, 4, 5, 2],
  },
  {
    name: "three dimensions, aligned corners",
    operator: "AffineGrid",
    opset: 20,
    attributes: { align_corners: 1 },
    inputs: [[1, 3, 4], tensor("int64", [5], [1, 1, 2, 3, 4])],
    output: [1, 2, 3, 4, 3],
  },
  {
    name: "with its mask",
    operator: "Dropout",
    opset: 13,
    inputs: [[2, 3], tensor("float32", [], [0.5])],
    output: [2, 3],
    outputs: [
      { type: "float32", shape: [2, 3] },
      { type: "bool", shape: [2, 3] },
    ],
  },
];

function int64Row() {
  return { inputs: [feed(tensor("int64", [5], [5, 6, 5, 6, 3]))], output: [7] };
}
