import { defineKernel, int32Fields } from "./kernel.js";
import narrow from "./nn_mean_s8.js";

export type MeanS16Params = {
  outer: number;
  count: number;
  inner: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  multiplier: number;
  shift: number;
  out_bytes: number;
};

/** Twin of runtime-c/src/nn_mean_s16.c. */
export default defineKernel<MeanS16Params>({
  name: "nn_mean_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer count inner out_zero_point out_min out_max multiplier shift out_bytes"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run: (p, buffers) => narrow.run({ ...p, in_zero_point: 0 }, buffers),
});
