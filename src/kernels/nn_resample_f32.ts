import { defineKernel, floatFields, int32Fields } from "./kernel.js";

/** The start of the window of an output that lies outside the input. */
export const OUTSIDE = 0xffff;

export type ResampleF32Params = {
  outer: number;
  in_size: number;
  out_size: number;
  inner: number;
  taps: number;
  outside: number;
};

/** Twin of runtime-c/src/nn_resample_f32.c. */
export default defineKernel<ResampleF32Params>({
  name: "nn_resample_f32",
  inputs: 1,
  outputs: 1,
  params: [...int32Fields("outer in_size out_size inner taps"), ...floatFields("outside")],
  constants: [
    { name: "starts", type: "uint16" },
    { name: "weights", type: "float32" },
  ],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const starts = constants.starts as Uint16Array;
    const weights = constants.weights as Float32Array;
    let out = 0;
    for (let n = 0; n < p.outer; n++) {
      for (let o = 0; o < p.out_size; o++) {
        const outside = starts[o] === OUTSIDE;
        const window = (n * p.in_size + (outside ? 0 : starts[o])) * p.inner;
        for (let i = 0; i < p.inner; i++) {
          let acc = 0;
          for (let k = 0; k < p.taps; k++) {
            const product = input[window + k * p.inner + i] * weights[o * p.taps + k];
            acc = Math.fround(acc + Math.fround(product));
          }
          output[out++] = outside ? p.outside : acc;
        }
      }
    }
  },
});
