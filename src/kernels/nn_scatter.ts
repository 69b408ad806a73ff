import { forEachIndexed, INDEXED_FIELDS, type IndexedParams } from "./indexed.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { asElements } from "./strided.js";

export type ScatterParams = IndexedParams & { total_bytes: number; block_bytes: number };

/** Twin of runtime-c/src/nn_scatter.c. */
export default defineKernel<ScatterParams>({
  name: "nn_scatter",
  inputs: 3,
  outputs: 1,
  params: [...int32Fields("total_bytes block_bytes"), ...INDEXED_FIELDS],
  constants: [],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const updates = asElements(inputs[2], 1) as Uint8Array;
    const output = asElements(outputs[0], 1) as Uint8Array;
    output.set(asElements(inputs[0], 1) as Uint8Array);
    forEachIndexed(p, inputs[1], (at, block) => {
      const from = at * p.block_bytes;
      output.set(updates.subarray(from, from + p.block_bytes), block * p.block_bytes);
    });
  },
});
