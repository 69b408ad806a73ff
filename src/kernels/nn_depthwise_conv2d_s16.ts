import { CHANNEL_TABLES, type ConvS16Params } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import narrow from "./nn_depthwise_conv2d_s8.js";
import { windowLead, windowRows } from "./rows.js";

export type DepthwiseConv2dS16Params = ConvS16Params & { channel_multiplier: number };

/** Twin of runtime-c/src/nn_depthwise_conv2d_s16.c; shapes and units stand in its header. */
export default defineKernel<DepthwiseConv2dS16Params>({
  name: "nn_depthwise_conv2d_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left channel_multiplier out_zero_point out_min out_max out_bytes",
  ),
  constants: CHANNEL_TABLES,
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 2 * p.in_c, p.out_bytes * p.out_c, p.out_bytes),
  run: (p, buffers) => narrow.run({ ...p, in_zero_point: 0 }, buffers),
});
