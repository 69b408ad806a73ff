import { forEachIndexed, INDEXED_FIELDS, type IndexedParams } from "./indexed.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { asElements } from "./strided.js";

export type GatherParams = IndexedParams & { block_bytes: number };

/** Twin of runtime-c/src/nn_gather.c. */
export default defineKernel<GatherParams>({
  name: "nn_gather",
  inputs: 2,
  outputs: 1,
  params: [...int32Fields("block_bytes"), ...INDEXED_FIELDS],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], 1) as Uint8Array;
    const output = asElements(outputs[0], 1) as Uint8Array;
    forEachIndexed(p, inputs[1], (at, block) => {
      const from = block * p.block_bytes;
      output.set(input.subarray(from, from + p.block_bytes), at * p.block_bytes);
    });
  },
});
