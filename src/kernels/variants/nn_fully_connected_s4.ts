import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { ANY_CORE, defineVariant, only } from "../variant.js";
import { packedTables, packNibbles, tooWide } from "./nibbles.js";

const NAME = "nn_fully_connected_s4";

/** Fully connected layer whose weights lie in flash as four bits: half the flash, on every core. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: ANY_CORE,
  codeBytes: 220,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: packedTables("uint8"),
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const wide = tooWide(constants);
    if (wide) return wide;
    const instructions = p.rows * p.out_features * (6 * p.in_features + 40);
    return {
      kernel: NAME,
      params: p,
      constants: { ...constants, weights: packNibbles(constants.weights as Int8Array, p.in_features) },
      scratchBytes: 0,
      cost: { cycles: Math.round(1.4 * instructions), instructions },
    };
  },
});
