import { defineKernel, int32Fields } from "./kernel.js";
import { OUTSIDE } from "./nn_resample_f32.js";

export type ResampleS8Params = {
  outer: number;
  in_size: number;
  out_size: number;
  inner: number;
  taps: number;
  outside: number;
};

/** Twin of runtime-c/src/nn_resample_s8.c. */
export default defineKernel<ResampleS8Params>({
  name: "nn_resample_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer in_size out_size inner taps outside"),
  constants: [
    { name: "starts", type: "uint16" },
    { name: "weights", type: "int16" },
  ],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const starts = constants.starts as Uint16Array;
    const weights = constants.weights as Int16Array;
    let out = 0;
    for (let n = 0; n < p.outer; n++) {
      for (let o = 0; o < p.out_size; o++) {
        const outside = starts[o] === OUTSIDE;
        const window = (n * p.in_size + (outside ? 0 : starts[o])) * p.inner;
        for (let i = 0; i < p.inner; i++) {
          let acc = 2 ** 13;
          for (let k = 0; k < p.taps; k++) {
            const product = input[window + k * p.inner + i] * weights[o * p.taps + k];
            acc += product;
          }
          output[out++] = Math.max(-128, Math.min(127, outside ? p.outside : acc >> 14));
        }
      }
    }
  },
});
