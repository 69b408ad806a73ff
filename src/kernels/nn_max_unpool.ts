import { defineKernel, int32Fields } from "./kernel.js";
import { asElements } from "./strided.js";

export type MaxUnpoolParams = { element_bytes: number; count: number; out_count: number };

/** Twin of runtime-c/src/nn_max_unpool.c. */
export default defineKernel<MaxUnpoolParams>({
  name: "nn_max_unpool",
  inputs: 2,
  outputs: 1,
  params: int32Fields("element_bytes count out_count"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], 1);
    const indices = inputs[1] as BigInt64Array;
    const output = asElements(outputs[0], 1);
    const bytes = p.element_bytes;
    output.fill(0);
    for (let i = 0; i < p.count; i++) {
      const to = Number(indices[i]);
      if (to >= 0 && to < p.out_count) output.set(input.subarray(i * bytes, (i + 1) * bytes), to * bytes);
    }
  },
});
