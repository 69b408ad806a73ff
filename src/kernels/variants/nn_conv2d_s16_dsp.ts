import plain, { type Conv2dS16Params } from "../nn_conv2d_s16.js";
import { defineVariant, only } from "../variant.js";
import { copyInstructions, isPointwise, leadOfPixels, needsPlain, quadWords, withWeights } from "./int16_layers.js";
import { packedTables } from "./nibbles.js";

const NAME = "nn_conv2d_s16_dsp";

/** Convolution of int16 values by SMLAD: two pixels and two channels at a time share what they load and widen. */
export default defineVariant<Conv2dS16Params>({
  name: NAME,
  of: plain.name,
  isa: "dsp",
  codeBytes: 2056,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: packedTables("int32"),
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const refused = needsPlain(p);
    if (refused) return refused;
    const taps = p.kernel_h * p.kernel_w * p.in_c;
    const quads = Math.ceil(taps / 4);
    const copies = !isPointwise(p) || taps % 4 !== 0;
    const pixels = p.batch * p.out_h * p.out_w;
    const perPixel = (p.out_c / 2) * (11.5 * quads + 45) + 40 + (copies ? copyInstructions(p) : 20);
    const instructions = Math.round(100 + pixels * perPixel);
    return {
      kernel: NAME,
      params: p,
      constants: withWeights(constants, quadWords(constants.weights as Int8Array, p.out_c)),
      scratchBytes: 16 * quads,
      lead: leadOfPixels(p, 2, !copies),
      cost: { cycles: Math.round(1.4 * instructions), instructions },
    };
  },
});
