import { CHANNEL_TABLES } from "../image_params.js";
import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import plain from "../nn_depthwise_conv2d_s8.js";
import { windowLead } from "../rows.js";
import { defineVariant, only } from "../variant.js";
import { avrCost, avrTables, fitsInt16 } from "./avr_layers.js";
import { pixelsOf } from "./conv2d_s8_dsp.js";

const NAME = "nn_depthwise_conv2d_s8_avr";

/** Depthwise convolution by MULS, channel by channel, with the taps of a channel side by side in the table. */
export default defineVariant<DepthwiseConv2dS8Params>({
  name: NAME,
  of: "nn_depthwise_conv2d_s8",
  isa: "avr",
  codeBytes: 2750,
  find: only({ name: NAME, inputs: 1, outputs: 1, params: plain.params, constants: CHANNEL_TABLES, inPlace: [] }),
  implement(call) {
    const p = call.params;
    const taps = p.kernel_h * p.kernel_w;
    const row = p.in_w * p.in_c * p.dilation_h;
    if (!fitsInt16(row, taps, p.in_h, p.out_c, p.in_c * p.dilation_w)) return "its sizes exceed int16";
    const tables = avrTables(call);
    if (typeof tables === "string") return tables;
    const plainWeights = call.constants.weights as Int8Array;
    const weights = Int8Array.from(plainWeights, (_, i) => plainWeights[(i % taps) * p.out_c + Math.floor(i / taps)]);
    const results = pixelsOf(p) * p.out_c;
    return {
      ...{ kernel: NAME, params: p, constants: { ...tables, weights }, scratchBytes: 0 },
      lead: windowLead(p, p.in_c, p.out_c, 1),
      cost: avrCost(
        { products: results * taps, runs: results * p.kernel_h, results },
        { product: { instructions: 14, cycles: 19 } },
      ),
    };
  },
});
