import plain, { type MaxPool2dS8Params } from "../nn_max_pool2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { windowLead } from "./window_lead.js";

const NAME = "nn_max_pool2d_s8_dsp";

/** Four channels at a time. */
export default defineVariant<MaxPool2dS8Params>({
  name: NAME,
  of: "nn_max_pool2d_s8",
  isa: "dsp",
  codeBytes: 620,
  find: only({ ...plain, name: NAME }),
  implement({ params: p }) {
    const pixels = p.batch * p.out_h * p.out_w;
    const groups = pixels * (Math.floor(p.channels / 4) + (p.channels % 4));
    const taps = p.kernel_h * p.kernel_w;
    return {
      kernel: NAME,
      params: p,
      constants: {},
      scratchBytes: 0,
      lead: windowLead(p),
      cost: {
        instructions: pixels * 70 + groups * (20 + 9 * p.kernel_h + 6 * taps),
        cycles: pixels * 120 + groups * (30 + 14 * p.kernel_h + 9 * taps),
      },
    };
  },
});
