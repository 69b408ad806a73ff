import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { defineVariant, only } from "../variant.js";
import { highWordTables, leadOfWalk, type Tables } from "./mve.js";
import { pairedNibbles, tooWide } from "./nibbles.js";

const NAME = "nn_fully_connected_s4_mve";

/** Inputs at which sixteen times the largest sum still fits in 32 bits: 16 * 8 * 128 each. */
const MOST_INPUTS = 2 ** 17 - 1;
const CHUNK = 32;
/** Bytes of the tables behind the weights of four features. */
const TABLES = 48;

/** Blocks of four features: chunks of 32 weights, four features to a chunk, then the tables. */
function blocksOf({ weights, bias, multiplier, shift }: Tables, length: number): Int32Array {
  const chunks = Math.ceil(length / CHUNK);
  const blockBytes = 4 * CHUNK * chunks + TABLES;
  const bytes = new Int8Array(Math.ceil(bias.length / 4) * blockBytes);
  const words = new Int32Array(bytes.buffer);
  for (let f = 0; f < bias.length; f++) {
    const lane = f % 4;
    const block = ((f - lane) / 4) * blockBytes;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const end = Math.min(length, CHUNK * (chunk + 1));
      bytes.set(weights.subarray(f * length + CHUNK * chunk, f * length + end), block + CHUNK * (4 * chunk + lane));
    }
    const table = (block + blockBytes - TABLES) / 4 + lane;
    words[table] = bias[f];
    words[table + 4] = multiplier[f];
    words[table + 8] = -shift[f];
  }
  return words;
}

/** Fully connected layer with weights of four bits: VMLADAVA on 16 of them at a time. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: "mve",
  codeBytes: 420,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const wide = tooWide(constants);
    if (wide) return wide;
    if (p.in_features > MOST_INPUTS) return "its sums leave 28 bits";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const chunks = Math.ceil(p.in_features / CHUNK);
    const walk = Array.from({ length: p.rows }, (_, row) => ({
      first: row * p.in_features,
      end: (row + 1) * p.out_features,
    }));
    const instructions = 60 + p.rows * (12 + Math.ceil(p.out_features / 4) * (40 + 38 * chunks));
    return {
      kernel: NAME,
      params: p,
      constants: { packed: pairedNibbles(blocksOf(tables, p.in_features), 4 * CHUNK * chunks, TABLES) },
      scratchBytes: 0,
      // A row is read again for every four features.
      lead: leadOfWalk(walk, p.rows * p.in_features, true),
      cost: { cycles: instructions, instructions },
    };
  },
});
