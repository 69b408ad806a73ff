import plain, { type FullyConnectedS16Params } from "../nn_fully_connected_s16.js";
import { defineVariant, only } from "../variant.js";
import { leadOfWideFeatures, needsPlain, quadWords, withWeights } from "./int16_layers.js";
import { packedTables } from "./nibbles.js";

const NAME = "nn_fully_connected_s16_dsp";

/** Fully connected layer on int16 values by SMLAD, two features at a time. */
export default defineVariant<FullyConnectedS16Params>({
  name: NAME,
  of: plain.name,
  isa: "dsp",
  codeBytes: 948,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: packedTables("int32"),
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    if (p.in_features % 4 !== 0) return "it takes multiples of four inputs";
    const refused = needsPlain(p);
    if (refused) return refused;
    const perRow = (p.out_features / 2) * (16 * (p.in_features / 4) + 80) + 40;
    const instructions = Math.round(60 + p.rows * perRow);
    return {
      kernel: NAME,
      params: p,
      constants: withWeights(constants, quadWords(constants.weights as Int8Array, p.out_features)),
      scratchBytes: 0,
      lead: leadOfWideFeatures(p),
      cost: { cycles: Math.round(1.4 * instructions), instructions },
    };
  },
});
