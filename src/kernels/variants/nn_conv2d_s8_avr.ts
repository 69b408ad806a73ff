import { CHANNEL_TABLES } from "../image_params.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import plain from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { type AvrCosts, avrCost, avrTables, fitsInt16 } from "./avr_layers.js";
import { CONV2D_FIELDS, pixelsOf } from "./conv2d_s8_dsp.js";

const NAME = "nn_conv2d_s8_avr";

/** Of a product, of a row of the window, and of a result: fitted to layers of windows from 1x1 to 5x5, 1 to 64 channels deep. */
const COSTS: AvrCosts = {
  product: { instructions: 11.3, cycles: 16.5 },
  run: { instructions: 78, cycles: 114 },
  result: { instructions: 195, cycles: 284 },
};

/** Convolution by MULS, one product after the other, over runs of the window that lie side by side in the input. */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "avr",
  codeBytes: 2900,
  find: only({ name: NAME, inputs: 1, outputs: 1, params: CONV2D_FIELDS, constants: CHANNEL_TABLES, inPlace: [] }),
  implement(call) {
    const { groups, ...p } = call.params;
    if (groups !== 1) return "it takes no groups";
    if (p.dilation_w !== 1 && p.kernel_w > 1) return "it takes no dilated columns";
    const window = p.kernel_h * p.kernel_w * p.in_c;
    if (!fitsInt16(p.in_w * p.in_c * p.dilation_h, window, p.in_h, p.out_c)) return "its sizes exceed int16";
    const constants = avrTables(call);
    if (typeof constants === "string") return constants;
    const results = pixelsOf(p) * p.out_c;
    return {
      ...{ kernel: NAME, params: p, constants, scratchBytes: 0, lead: plain.lead!(call.params) },
      cost: avrCost({ products: results * window, runs: results * p.kernel_h, results }, COSTS),
    };
  },
});
