import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, stringAttribute } from "../graph/attributes.js";
import { elementCount, type Node } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { refuseShape, rewriter } from "./rewrite.js";

interface Gram {
  readonly words: readonly number[];
  /** Where its count goes. */
  readonly place: number;
}

/** The n-grams of the wanted lengths; of equal ones the last counts, as in a dictionary. */
function gramsOf(node: Node): Gram[] {
  const pool = intsAttribute(node, "pool_int64s");
  const starts = intsAttribute(node, "ngram_counts");
  const places = intsAttribute(node, "ngram_indexes");
  if (!pool || pool.length === 0) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `TfIdfVectorizer node "${node.name}" has no pool_int64s: there are no strings on the device; map words to integers before the model`,
      node.name,
    );
  }
  if (!starts || !places || places.some((place) => place < 0 || place > 2 ** 24)) {
    refuseShape(node, "ngram_counts or ngram_indexes is missing or negative");
  }
  if (pool.some((word) => word < -(2 ** 31) || word >= 2 ** 31 - 1)) {
    refuseShape(node, "pool_int64s holds integers of more than 32 bits");
  }
  const shortest = intAttribute(node, "min_gram_length", 1);
  const longest = intAttribute(node, "max_gram_length", 1);
  const found = new Map<string, Gram>();
  let id = 0;
  starts.forEach((start, i) => {
    const length = i + 1;
    const end = starts[i + 1] ?? pool.length;
    if (start < 0 || end < start || end > pool.length || (end - start) % length !== 0) {
      refuseShape(node, `ngram_counts [${starts}] do not divide a pool of ${pool.length}`);
    }
    for (let at = start; at < end; at += length) {
      const words = pool.slice(at, at + length);
      const place = places[id++];
      if (place === undefined) refuseShape(node, "ngram_indexes are fewer than the n-grams");
      if (length >= shortest && length <= longest) found.set(`${words}`, { words, place });
    }
  });
  return [...found.values()];
}

/**
 * ONNX TfIdfVectorizer-9 of integers. Canonical: counts of the n-grams of int32 (mode TF); IDF and TFIDF cut and weigh
 * them afterwards. A weight belongs to a place of the result.
 */
export const TfIdfVectorizer: Operator = {
  name: "TfIdfVectorizer",
  notes: "integers only, no strings",

  normalise(node, build) {
    const write = rewriter(node, build);
    const x = build.resolve(node.inputs[0]);
    if (x.shape.length > 2 || !["int32", "int64"].includes(x.type)) {
      refuseShape(node, `its input of ${x.type} values of shape [${x.shape}] is no row or matrix of integers`);
    }
    gramsOf(node);
    const mode = stringAttribute(node, "mode", "TF");
    if (!["TF", "IDF", "TFIDF"].includes(mode)) refuseShape(node, `mode ${mode} is none of TF, IDF, TFIDF`);
    const { weights, ...attributes } = node.attributes;
    const words = x.type === "int32" ? x.name : write.onnx("Cast", [x.name], { to: 6 });
    const final = mode === "TF" || (mode === "TFIDF" && !weights) ? node.outputs[0] : undefined;
    const counts = build.add(node, "TfIdfVectorizer", [words], { ...attributes, mode: "TF" }, final);
    if (final) return;
    const cut =
      mode === "IDF"
        ? build.add(node, "Min", [counts, write.scalar(1)], {}, weights ? undefined : node.outputs[0])
        : counts;
    if (!weights) return;
    const results = write.shape(counts).at(-1)!;
    if (!Array.isArray(weights) || weights.length < results) refuseShape(node, "weights are fewer than the results");
    const factors = write.constant("float32", [results], (weights as number[]).slice(0, results));
    build.add(node, "Mul", [cut, factors], {}, node.outputs[0]);
  },

  infer(node, [x]) {
    const results = Math.max(...intsAttribute(node, "ngram_indexes")!) + 1;
    return [{ type: "float32", shape: [...x!.shape.slice(0, -1), results] }];
  },

  lowerPlain(node, lowering) {
    const { shape } = lowering.tensor(node.inputs[0]);
    const results = lowering.tensor(node.outputs[0]).shape.at(-1)!;
    const grams = gramsOf(node);
    const columns = shape.at(-1) ?? 1;
    const distances = intAttribute(node, "max_skip_count", 0) + 1;
    lowering.step(
      node,
      "nn_ngrams_i32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { rows: elementCount(shape.slice(0, -1)), columns, grams: grams.length, distances, results },
      {
        // A table has at least one element.
        pool: Int32Array.from(grams.length > 0 ? grams.flatMap(({ words }) => words) : [0]),
        entries: Int32Array.from(grams.length > 0 ? grams.flatMap(({ words, place }) => [words.length, place]) : [0]),
      },
    );
  },
};
