import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { ANY_CORE, defineVariant, only } from "../variant.js";
import { packedTables, packNibbles, tooWide } from "./nibbles.js";
import { leadOfOutputRows } from "./window_lead.js";

const NAME = "nn_conv2d_s4";

/** Convolution without groups whose weights lie in flash as four bits: half the flash, on every core. */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: ANY_CORE,
  codeBytes: 620,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left in_zero_point out_zero_point out_min out_max",
    ),
    constants: packedTables("uint8"),
    inPlace: [],
  }),
  implement({ params, constants }) {
    const { groups, ...p } = params;
    if (groups !== 1) return "it takes no groups";
    const wide = tooWide(constants);
    if (wide) return wide;
    const taps = p.kernel_h * p.kernel_w * p.in_c;
    const rows = p.batch * p.out_h;
    const pixels = rows * p.out_w;
    const instructions = rows * p.out_c * (8 * taps + 30) + pixels * p.out_c * (4.6 * taps + 20 * p.kernel_h + 50);
    return {
      kernel: NAME,
      params: p,
      constants: { ...constants, weights: packNibbles(constants.weights as Int8Array, taps) },
      scratchBytes: taps,
      lead: leadOfOutputRows(params),
      cost: { cycles: Math.round(1.4 * instructions), instructions: Math.round(instructions) },
    };
  },
});
