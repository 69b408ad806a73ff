import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { ANY_CORE, defineVariant, only } from "../variant.js";

const NAME = "nn_fully_connected_s8_compact";

/** Values of the shift that five bits hold, from LEAST_SHIFT on, and bounds of a bias in the other 27. */
const LEAST_SHIFT = 32;
const SHIFTS = 32;
const BIAS_BOUND = 2 ** 26;

/** Fully connected layer whose shifts lie in the low bits of the biases: a byte less per output, on every core. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: ANY_CORE,
  codeBytes: 400,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: [
      { name: "weights", type: "int8" },
      { name: "bias_shift", type: "int32" },
      { name: "multiplier", type: "int32" },
    ],
    inPlace: [],
  }),
  implement({ params: p, constants: { weights, multiplier, ...tables } }) {
    const bias = tables.bias as Int32Array;
    const shift = tables.shift as Uint8Array;
    if (bias.some((b) => b < -BIAS_BOUND || b >= BIAS_BOUND)) return "a bias takes more than 27 bits";
    if (shift.some((n) => n < LEAST_SHIFT || n >= LEAST_SHIFT + SHIFTS)) return "a multiplier is 1/4 and more";
    const instructions = p.rows * p.out_features * (5 * p.in_features + 50);
    return {
      kernel: NAME,
      params: p,
      constants: { weights, multiplier, bias_shift: bias.map((b, i) => b * SHIFTS + shift[i] - LEAST_SHIFT) },
      scratchBytes: 0,
      cost: { cycles: Math.round(1.4 * instructions), instructions },
    };
  },
});
