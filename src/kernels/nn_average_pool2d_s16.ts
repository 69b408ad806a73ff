import { defineKernel, int32Fields } from "./kernel.js";
import narrow, { type AveragePool2dS8Params } from "./nn_average_pool2d_s8.js";
import { windowLead, windowRows } from "./rows.js";

export type AveragePool2dS16Params = Omit<AveragePool2dS8Params, "in_zero_point"> & { out_bytes: number };

/** Twin of runtime-c/src/nn_average_pool2d_s16.c. */
export default defineKernel<AveragePool2dS16Params>({
  name: "nn_average_pool2d_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w channels out_h out_w kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left pad_bottom pad_right count_include_pad",
    "out_zero_point out_min out_max min_count out_bytes",
  ),
  constants: narrow.constants,
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 2 * p.channels, p.out_bytes * p.channels, p.out_bytes),
  run: (p, buffers) => narrow.run({ ...p, in_zero_point: 0 }, buffers),
});
