import plain, { type DepthwiseConv2dS16Params } from "../nn_depthwise_conv2d_s16.js";
import { defineVariant, only } from "../variant.js";
import { leadOfPixels, pairWords, withWeights } from "./int16_layers.js";
import { packedTables } from "./nibbles.js";

const NAME = "nn_depthwise_conv2d_s16_dsp";

/** Depthwise convolution of int16 values by SMLABB and SMLATT, two channels at a time. */
export default defineVariant<DepthwiseConv2dS16Params>({
  name: NAME,
  of: plain.name,
  isa: "dsp",
  codeBytes: 544,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: packedTables("int32"),
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    if (p.channel_multiplier !== 1) return "it takes no channel multiplier";
    if (p.in_c % 2 !== 0) return "it takes an even number of channels";
    const pixels = p.batch * p.out_h * p.out_w;
    const perPair = p.kernel_h * (8 * p.kernel_w + 14) + 60;
    const instructions = Math.round(100 + pixels * (80 + (p.in_c / 2) * perPair));
    return {
      kernel: NAME,
      params: p,
      constants: withWeights(constants, pairWords(constants.weights as Int8Array)),
      scratchBytes: 0,
      lead: leadOfPixels(p, 1, true),
      cost: { cycles: Math.round(1.4 * instructions), instructions },
    };
  },
});
