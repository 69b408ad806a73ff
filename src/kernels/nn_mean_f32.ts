import { clampF32 } from "../numerics/float_math.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type MeanF32Params = { outer: number; count: number; inner: number; out_min: number; out_max: number };

/** Twin of runtime-c/src/nn_mean_f32.c. */
export default defineKernel<MeanF32Params>({
  name: "nn_mean_f32",
  inputs: 1,
  outputs: 1,
  params: [...int32Fields("outer count inner"), ...floatFields("out_min out_max")],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const divisor = fround(p.count);
    for (let o = 0; o < p.outer; o++) {
      for (let i = 0; i < p.inner; i++) {
        let sum = 0;
        for (let k = 0; k < p.count; k++) sum = fround(sum + input[(o * p.count + k) * p.inner + i]);
        output[o * p.inner + i] = clampF32(fround(sum / divisor), p.out_min, p.out_max);
      }
    }
  },
});
