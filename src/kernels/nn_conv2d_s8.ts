import { requantize } from "../numerics/requantize.js";
import { forEachWindow } from "./conv_windows.js";
import { dotRows } from "./dot.js";
import { CHANNEL_TABLES, type ConvS8Params } from "./image_params.js";
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
    const groupOut = p.out_c / p.groups;
    const taps = (p.kernel_h * p.kernel_w * p.in_c) / p.groups;
    const sums = new Int32Array(groupOut);
    let out = 0;
    forEachWindow(p, input, p.in_zero_point, (values, from, group) => {
      const first = group * groupOut;
      dotRows(sums, bias, values, from, weights, first, groupOut, taps);
      for (let i = 0; i < groupOut; i++) {
        const oc = first + i;
        output[out++] = requantize(sums[i], multiplier[oc], shift[oc], p.out_zero_point, p.out_min, p.out_max);
      }
    });
  },
});
