import plain, { type AveragePool2dS8Params } from "../nn_average_pool2d_s8.js";
import { defineVariant, type Implementation, type PlainCall } from "../variant.js";
import { meanCost, meanDsp } from "./nn_mean_s8_dsp.js";
import { windowLead } from "./window_lead.js";

const NAME = "nn_average_pool2d_s8_dsp";

/** Four channels at a time; a window that is the whole image becomes a mean. */
export default defineVariant<AveragePool2dS8Params>({
  name: NAME,
  of: "nn_average_pool2d_s8",
  isa: "dsp",
  codeBytes: 930,
  find: (name) => (name === NAME ? { ...plain, name } : meanDsp(name)),
  implement(call) {
    const p = call.params;
    if (isGlobal(p)) return global(call);
    if (p.kernel_h * p.kernel_w > 256) return "a window of more than 256 values";
    const { multiplier, shift } = call.constants;
    const pixels = p.batch * p.out_h * p.out_w;
    const groups = pixels * (Math.floor(p.channels / 4) + (p.channels % 4));
    const taps = p.kernel_h * p.kernel_w;
    return {
      kernel: NAME,
      params: p,
      constants: { multiplier, shift },
      scratchBytes: 0,
      lead: windowLead(p),
      cost: {
        instructions: pixels * 90 + groups * (100 + 9 * p.kernel_h + 6 * taps),
        cycles: pixels * 150 + groups * (140 + 14 * p.kernel_h + 9 * taps),
      },
    };
  },
});

function isGlobal(p: AveragePool2dS8Params): boolean {
  const { out_h, out_w, kernel_h, kernel_w, in_h, in_w, pad_top, pad_left, pad_bottom, pad_right } = p;
  const unpadded = pad_top + pad_left + pad_bottom + pad_right === 0;
  const undilated = p.dilation_h === 1 && p.dilation_w === 1;
  return out_h === 1 && out_w === 1 && kernel_h === in_h && kernel_w === in_w && unpadded && undilated;
}

function global({ params: p, constants }: PlainCall<AveragePool2dS8Params>): Implementation {
  const size = { outer: p.batch, count: p.in_h * p.in_w, inner: p.channels };
  const entry = size.count - p.min_count;
  const { in_zero_point, out_zero_point, out_min, out_max } = p;
  return {
    kernel: "nn_mean_s8_dsp",
    params: {
      ...size,
      ...{ in_zero_point, out_zero_point, out_min, out_max },
      multiplier: Number(constants.multiplier[entry]),
      shift: Number(constants.shift[entry]),
    },
    constants: {},
    scratchBytes: 0,
    lead: 0,
    cost: meanCost(size),
  };
}
