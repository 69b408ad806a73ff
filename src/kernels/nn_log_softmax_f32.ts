import { logF32 } from "../numerics/float_log.js";
import { expF32 } from "../numerics/float_math.js";
import { defineKernel, int32Fields } from "./kernel.js";
import type { SoftmaxF32Params } from "./nn_softmax_f32.js";

/** Twin of runtime-c/src/nn_log_softmax_f32.c. */
export default defineKernel<SoftmaxF32Params>({
  name: "nn_log_softmax_f32",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer count inner"),
  constants: [],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const block = p.count * p.inner;
    for (let base = 0; base < p.outer * block; base += block) {
      for (let first = base; first < base + p.inner; first++) {
        let max = input[first];
        for (let i = first; i < base + block; i += p.inner) if (input[i] > max) max = input[i];
        let sum = 0;
        for (let i = first; i < base + block; i += p.inner) sum = fround(sum + expF32(fround(input[i] - max)));
        const log = logF32(sum);
        for (let i = first; i < base + block; i += p.inner) output[i] = fround(fround(input[i] - max) - log);
      }
    }
  },
});
