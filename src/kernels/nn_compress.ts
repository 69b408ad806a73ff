import { defineKernel, int32Fields } from "./kernel.js";
import { asElements } from "./strided.js";

export type CompressParams = { outer: number; size: number; chosen: number; block_bytes: number };

/** Twin of runtime-c/src/nn_compress.c. */
export default defineKernel<CompressParams>({
  name: "nn_compress",
  inputs: 2,
  outputs: 2,
  params: int32Fields("outer size chosen block_bytes"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], 1) as Uint8Array;
    const condition = inputs[1] as Uint8Array;
    const output = asElements(outputs[0], 1) as Uint8Array;
    const row = p.size * p.block_bytes;
    let out = 0;
    for (let outer = 0; outer < p.outer; outer++) {
      for (let i = 0; i < p.chosen; i++) {
        if (condition[i] === 0) continue;
        const from = outer * row + i * p.block_bytes;
        output.set(input.subarray(from, from + p.block_bytes), out);
        out += p.block_bytes;
      }
    }
    output.fill(0, out);
    outputs[1][0] = condition.subarray(0, p.chosen).reduce((sum, c) => sum + Number(c !== 0), 0);
  },
});
