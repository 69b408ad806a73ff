import { defineKernel, int32Fields } from "./kernel.js";

export type SoftmaxS8Params = {
  outer: number;
  count: number;
  inner: number;
  numerator: number;
  denominator_shift: number;
  out_zero_point: number;
};

/** Twin of runtime-c/src/nn_softmax_s8.c. */
export default defineKernel<SoftmaxS8Params>({
  name: "nn_softmax_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer count inner numerator denominator_shift out_zero_point"),
  constants: [{ name: "table", type: "uint16" }],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const table = constants.table as Uint16Array;
    const size = p.count * p.inner;
    for (let base = 0; base < p.outer * size; base += size) {
      for (let first = base; first < base + p.inner; first++) {
        let largest = -128;
        for (let i = first; i < base + size; i += p.inner) largest = Math.max(largest, input[i]);
        let sum = 0;
        for (let i = first; i < base + size; i += p.inner) sum += table[largest - input[i]];
        const denominator = sum * 2 ** p.denominator_shift;
        for (let i = first; i < base + size; i += p.inner) {
          const term = table[largest - input[i]] * p.numerator;
          const q = p.out_zero_point + Math.floor((term + Math.floor(denominator / 2)) / denominator);
          output[i] = q < -128 ? -128 : q > 127 ? 127 : q;
        }
      }
    }
  },
});
