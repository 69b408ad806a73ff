import { BROADCAST_FIELDS, type BroadcastParams } from "./broadcast_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import narrow from "./nn_mul_s8.js";
import { broadcastRows } from "./rows.js";

export type MulS16Params = BroadcastParams & {
  multiplier: number;
  shift: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  out_bytes: number;
};

/** Twin of runtime-c/src/nn_mul_s16.c. */
export default defineKernel<MulS16Params>({
  name: "nn_mul_s16",
  inputs: 2,
  outputs: 1,
  params: [...BROADCAST_FIELDS, ...int32Fields("multiplier shift out_zero_point out_min out_max out_bytes")],
  constants: [],
  inPlace: [
    [0, 0],
    [1, 0],
  ],
  scratch: () => 0,
  rows: broadcastRows,
  run: (p, buffers) => narrow.run({ ...p, a_zero_point: 0, b_zero_point: 0 }, buffers),
});
