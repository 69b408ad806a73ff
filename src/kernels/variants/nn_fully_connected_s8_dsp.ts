import { int32Fields } from "../kernel.js";
import type { FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { defineVariant, only } from "../variant.js";
import { channelTables, roundingOf, type ScaledChannel, scaledBy } from "./smmla.js";

const NAME = "nn_fully_connected_s8_dsp";

/** A feature whose sums are 256 times as large; its weights are stored as they are. */
type Feature = ScaledChannel & { readonly s: number };

/** The largest right shift behind SMMLA at which the rounding constant fits in 32 bits with any zero point. */
const MAX_SHIFT = 23;

/**
 * Per four inputs one word of weights per feature, 256 * w1 + w0 and 256 * w3 + w2 in its halves; or undefined where one
 * does not fit in 16 bits.
 */
function weightWords(weights: ArrayLike<number>): number[] | undefined {
  const words: number[] = [];
  for (let at = 0; at < weights.length; at += 4) {
    const [low, high] = [at, at + 2].map((i) => 256 * (weights[i + 1] ?? 0) + (weights[i] ?? 0));
    if (Math.min(low, high) < -(2 ** 15)) return undefined;
    words.push((low & 0xffff) | (high << 16));
  }
  return words;
}

/** What the words of weights add to a sum besides 256 times the products: see multiply() in the C function. */
function surplus(weights: ArrayLike<number>): number {
  let even = 0;
  for (let i = 0; i < weights.length; i += 2) even += weights[i];
  return 127 * even;
}

/** Blocks of four features: see the header of the C function. */
function packed(features: readonly Feature[], words: readonly (readonly number[])[], zeroPoint: number): Int32Array {
  const groups = words[0].length;
  const table: number[] = [];
  for (let first = 0; first < features.length; first += 4) {
    const four = [0, 1, 2, 3].map((i) => first + i);
    table.push(...four.map((f) => (f < features.length ? features[f].bias - surplus(features[f].weights) : 0)));
    for (let group = 0; group < groups; group++) table.push(...four.map((f) => words[f]?.[group] ?? 0));
    table.push(...four.map((f) => features[f]?.multiplier ?? 0));
    table.push(...four.map((f) => (f < features.length ? roundingOf(features[f].s, zeroPoint) : 0)));
    table.push(...four.map((f) => features[f]?.s ?? 0));
  }
  // Sums wrap: a bias need not fit in 32 bits where its sums do.
  return Int32Array.from(table, (word) => word | 0);
}

/** A row is read before its results are written; those behind it are still to be read. See Implementation. */
export function leadOfRows({ rows, in_features, out_features }: FullyConnectedS8Params): number {
  const growth = out_features - in_features;
  return rows > 1 ? Math.max(growth, (rows - 1) * growth) : -in_features;
}

/**
 * Fully connected layer by SMLAD on bytes: weights stay 8 bits wide, as pairs in a halfword, and the inputs are widened so
 * that each word of weights serves twice. 14 instructions per 16 products, four features at a time.
 */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: "dsp",
  codeBytes: 1400,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: int32Fields("rows in_features out_features out_zero_point out_min out_max"),
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
    template: { name: "fully_connected_s8_dsp", view: { name: NAME, upper: NAME.toUpperCase(), unrolled: 16 } },
  }),
  implement({ params: p, constants }) {
    const features: Feature[] = [];
    const words: number[][] = [];
    for (const tables of channelTables(constants)) {
      const s = Math.min(MAX_SHIFT, Math.max(1, tables.shift + 8 - 32));
      const feature = scaledBy(256, s, tables, p);
      if (!feature) return "256 times its sums or their scaling leave 32 bits";
      const pairs = weightWords(feature.weights);
      if (!pairs) return "it has a weight -128 in front of a negative one";
      features.push({ ...feature, s });
      words.push(pairs);
    }
    const table = packed(features, words, p.out_zero_point);
    const groups = words[0].length;
    const blocks = Math.ceil(p.out_features / 4);
    return {
      kernel: NAME,
      params: p,
      constants: { packed: table },
      scratchBytes: 8 * groups,
      lead: leadOfRows(p),
      tableReadings: p.rows,
      // Within 8 % of what was measured on the layers of the MLPerf Tiny models.
      cost: {
        cycles: Math.round(p.rows * (blocks * (20.3 * groups + 60) + 11 * groups + 120)),
        instructions: Math.round(p.rows * (blocks * (14.1 * groups + 33) + 9 * groups + 80)),
      },
    };
  },
});
