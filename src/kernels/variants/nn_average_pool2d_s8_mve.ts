import plain, { type AveragePool2dS8Params } from "../nn_average_pool2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { windowLead } from "./window_lead.js";

const NAME = "nn_average_pool2d_s8_mve";

/** Four channels at a time. */
export default defineVariant<AveragePool2dS8Params>({
  name: NAME,
  of: "nn_average_pool2d_s8",
  isa: "mve",
  codeBytes: 680,
  find: only({ ...plain, name: NAME }),
  implement({ params: p, constants: { multiplier, shift } }) {
    if (shift.some((n) => Number(n) < 32)) return "a scale of 1/2 or more";
    const pixels = p.batch * p.out_h * p.out_w;
    const taps = p.kernel_h * p.kernel_w;
    const groups = pixels * Math.ceil(p.channels / 4);
    const instructions = 60 + pixels * 100 + groups * (40 + 9 * p.kernel_h + 5 * taps);
    return {
      kernel: NAME,
      params: p,
      constants: { multiplier, shift },
      scratchBytes: 0,
      lead: windowLead(p),
      cost: { cycles: instructions, instructions },
    };
  },
});
