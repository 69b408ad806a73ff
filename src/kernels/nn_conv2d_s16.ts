import { requantizeWide } from "../numerics/requantize.js";
import { forEachWindow } from "./conv_windows.js";
import { dotRowsS16 } from "./dot.js";
import { CHANNEL_TABLES, type ConvS16Params } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";

export type Conv2dS16Params = ConvS16Params & { groups: number; wide_sums: number };

/** Twin of runtime-c/src/nn_conv2d_s16.c; shapes and units stand in its header. */
export default defineKernel<Conv2dS16Params>({
  name: "nn_conv2d_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left groups out_zero_point out_min out_max out_bytes wide_sums",
  ),
  constants: CHANNEL_TABLES,
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 2 * p.in_c, p.out_bytes * p.out_c, p.out_bytes),
  run(p, { inputs, outputs, constants }) {
    const output = outputs[0] as Int16Array;
    const weights = constants.weights as Int8Array;
    const bias = constants.bias as Int32Array;
    const multiplier = constants.multiplier as Int32Array;
    const shift = constants.shift as Uint8Array;
    const groupOut = p.out_c / p.groups;
    const taps = (p.kernel_h * p.kernel_w * p.in_c) / p.groups;
    const sums = new Float64Array(groupOut);
    let out = 0;
    forEachWindow(p, inputs[0] as Int16Array, 0, (values, from, group) => {
      const first = group * groupOut;
      dotRowsS16(sums, bias, values, from, weights, first, groupOut, taps);
      for (let i = 0; i < groupOut; i++) {
        const oc = first + i;
        output[out++] = requantizeWide(sums[i], multiplier[oc], shift[oc], p.out_zero_point, p.out_min, p.out_max);
      }
    });
  },
});
