import { log2Fixed } from "../numerics/log_softmax.js";
import { defineKernel, int32Fields } from "./kernel.js";

export type LogSoftmaxS8Params = {
  outer: number;
  count: number;
  inner: number;
  log_top: number;
  difference: number;
  logarithm: number;
  shift: number;
  out_zero_point: number;
};

/** Twin of runtime-c/src/nn_log_softmax_s8.c. */
export default defineKernel<LogSoftmaxS8Params>({
  name: "nn_log_softmax_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer count inner log_top difference logarithm shift out_zero_point"),
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
        // Below 2^53 in all: 255 * 2^31 and 2^21 * 2^31.
        const offset = 2 ** (p.shift - 1) - (log2Fixed(sum) - p.log_top) * p.logarithm;
        for (let i = first; i < base + size; i += p.inner) {
          const q = p.out_zero_point + Math.floor((offset - (largest - input[i]) * p.difference) / 2 ** p.shift);
          output[i] = q < -128 ? -128 : q > 127 ? 127 : q;
        }
      }
    }
  },
});
