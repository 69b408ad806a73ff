import { requantize } from "../numerics/requantize.js";
import { dotRows } from "./dot.js";
import { CHANNEL_TABLES, type ConvS8Params, tapsBefore } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";
import { convChannels } from "./weighted_channels.js";

export type Conv2dS8Params = ConvS8Params & { groups: number };

/** Twin of runtime-c/src/nn_conv2d_s8.c; shapes and units stand in its header. */
export default defineKernel<Conv2dS8Params>({
  name: "nn_conv2d_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left groups in_zero_point out_zero_point out_min out_max",
  ),
  constants: CHANNEL_TABLES,
  inPlace: [],
  channels: (p, { constants }) => convChannels(p, constants),
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, p.in_c, p.out_c, 1),

  /** Gathers the window of a pixel once, padding included; then each channel is one dot product. */
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const weights = constants.weights as Int8Array;
    const bias = constants.bias as Int32Array;
    const multiplier = constants.multiplier as Int32Array;
    const shift = constants.shift as Uint8Array;
    const groupIn = p.in_c / p.groups;
    const groupOut = p.out_c / p.groups;
    const taps = p.kernel_h * p.kernel_w * groupIn;
    const window = new Int8Array(taps);
    const sums = new Int32Array(groupOut);
    const pointwise = taps === groupIn && p.groups === 1 && p.pad_top === 0 && p.pad_left === 0;
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * p.in_h * p.in_w * p.in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        const y0 = oy * p.stride_h - p.pad_top;
        for (let ox = 0; ox < p.out_w; ox++) {
          const x0 = ox * p.stride_w - p.pad_left;
          const begin = tapsBefore(-x0, p.dilation_w, p.kernel_w);
          const end = tapsBefore(p.in_w - x0, p.dilation_w, p.kernel_w);
          for (let group = 0; group < p.groups; group++) {
            let source = window;
            let from = 0;
            if (pointwise) {
              if (y0 < p.in_h && x0 < p.in_w) {
                source = input as typeof window;
                from = image + (y0 * p.in_w + x0) * p.in_c;
              } else window.fill(p.in_zero_point);
            } else {
              window.fill(p.in_zero_point);
              for (let ky = 0; ky < p.kernel_h; ky++) {
                const y = y0 + ky * p.dilation_h;
                if (y < 0 || y >= p.in_h) continue;
                for (let kx = begin; kx < end; kx++) {
                  const at = image + (y * p.in_w + x0 + kx * p.dilation_w) * p.in_c + group * groupIn;
                  const to = (ky * p.kernel_w + kx) * groupIn;
                  for (let i = 0; i < groupIn; i++) window[to + i] = input[at + i];
                }
              }
            }
            const first = group * groupOut;
            dotRows(sums, bias, source, from, weights, first, groupOut, taps);
            for (let i = 0; i < groupOut; i++) {
              const oc = first + i;
              output[out++] = requantize(sums[i], multiplier[oc], shift[oc], p.out_zero_point, p.out_min, p.out_max);
            }
          }
        }
      }
    }
  },
});
