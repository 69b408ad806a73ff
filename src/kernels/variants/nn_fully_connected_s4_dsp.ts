import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { defineVariant, only } from "../variant.js";
import { MOST_INPUTS, packedTables, packNibbles, tooWide } from "./nibbles.js";
import { leadOfRows } from "./nn_fully_connected_s8_dsp.js";

const NAME = "nn_fully_connected_s4_dsp";

/** Weights with zeros up to a multiple of eight. */
function padded(weights: Int8Array, length: number): Int8Array {
  const whole = 8 * Math.ceil(length / 8);
  const rows = weights.length / length;
  const result = new Int8Array(rows * whole);
  for (let row = 0; row < rows; row++) result.set(weights.subarray(row * length, (row + 1) * length), row * whole);
  return result;
}

/** Fully connected layer by SMLAD on weights of four bits, two features at a time: 12 instructions per 8 products. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: "dsp",
  codeBytes: 560,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: packedTables("int32"),
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const wide = tooWide(constants);
    if (wide) return wide;
    if (p.in_features > MOST_INPUTS) return "its sums leave 28 bits";
    const words = Math.ceil(p.in_features / 8);
    const bytes = packNibbles(padded(constants.weights as Int8Array, p.in_features), 8 * words);
    const pairs = Math.ceil(p.out_features / 2);
    return {
      kernel: NAME,
      params: p,
      constants: { ...constants, weights: new Int32Array(bytes.buffer) },
      scratchBytes: 16 * words,
      lead: leadOfRows(p),
      tableReadings: p.rows,
      cost: {
        cycles: Math.round(p.rows * (pairs * (33 * words + 75) + 24 * words + 60)),
        instructions: Math.round(p.rows * (pairs * (26 * words + 60) + 19 * words + 50)),
      },
    };
  },
});
