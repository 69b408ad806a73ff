import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant } from "../variant.js";
import { type Form, finderOf, implementUnrolled } from "./conv2d_s8_dsp_unrolled.js";
import { ringLayout, ringOf, wideningCost } from "./nn_conv2d_s8_dsp_ring.js";

const form: Form = {
  name: "nn_conv2d_s8_dsp_unrolled",
  tag: {
    of: ({ runs, steps }) => `${runs}x${steps}`,
    pattern: "([1-9]\\d*)x([1-9]\\d*)",
    shape: (runs, steps) => ({ runs, steps }),
  },
  codeBytes: 1800,
  runs: ringLayout.runs,
  pairs: ringLayout.pairs,
  layout(p) {
    const { slots, words } = ringOf(p);
    return { scratchBytes: 4 * slots * words, extra: {} };
  },
  lead: ringLayout.lead,
  pixelPairs: (p) => p.batch * p.out_h * Math.ceil(p.out_w / 2),
  cost(p, { runs }) {
    const rows = p.batch * p.out_h;
    const calls = rows * (p.out_c % 4 === 0 ? 1 : 2) * (p.out_w > 1 && p.out_w % 2 === 1 ? 2 : 1);
    const pairs = form.pixelPairs(p);
    const widening = wideningCost(p);
    return {
      cycles: widening.cycles + calls * (120 + 6 * runs) + pairs * (16 + 3.5 * runs),
      instructions: widening.instructions + calls * (75 + 4 * runs) + pairs * (12 + 1.5 * runs),
    };
  },
};

/**
 * nn_conv2d_s8_dsp_ring without a loop over the taps: code for each shape of a window, so that nothing but products and
 * their loads stands between the bias and the requantisation. For windows of few taps, where that weighs most.
 */
export default defineVariant<Conv2dS8Params>({
  name: form.name,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: form.codeBytes,
  find: finderOf(form),
  implement(call) {
    const { groups, dilation_w, kernel_w } = call.params;
    if (groups !== 1) return "it takes no groups";
    if (dilation_w !== 1 && kernel_w > 1) return "it takes no dilated columns";
    return implementUnrolled(form, call);
  },
});
