import { requantize } from "../numerics/requantize.js";
import { defineKernel, int32Fields } from "./kernel.js";

export type RequantizeS32S8Params = {
  count: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  multiplier: number;
  shift: number;
};

/** Twin of runtime-c/src/nn_requantize_s32_s8.c: accumulators to int8. */
export default defineKernel<RequantizeS32S8Params>({
  name: "nn_requantize_s32_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("count out_zero_point out_min out_max multiplier shift"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int32Array;
    const output = outputs[0] as Int8Array;
    for (let i = 0; i < p.count; i++) {
      output[i] = requantize(input[i], p.multiplier, p.shift, p.out_zero_point, p.out_min, p.out_max);
    }
  },
});
