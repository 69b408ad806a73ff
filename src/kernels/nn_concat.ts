import { defineKernel, int32Fields } from "./kernel.js";
import { countRows } from "./rows.js";
import { asElements } from "./strided.js";

export type ConcatParams = { input_count: number; outer: number };

/** Twin of runtime-c/src/nn_concat.c. */
export default defineKernel<ConcatParams>({
  name: "nn_concat",
  inputs: "variadic",
  outputs: 1,
  params: int32Fields("input_count outer"),
  constants: [{ name: "block_bytes", type: "int32" }],
  inPlace: [],
  scratch: () => 0,
  rows: countRows("outer"),
  run(p, { inputs, outputs, constants }) {
    const blocks = constants.block_bytes as Int32Array;
    const sources = inputs.map((input) => asElements(input, 1) as Uint8Array);
    const output = asElements(outputs[0], 1) as Uint8Array;
    let out = 0;
    for (let outer = 0; outer < p.outer; outer++) {
      sources.forEach((source, i) => {
        output.set(source.subarray(outer * blocks[i], (outer + 1) * blocks[i]), out);
        out += blocks[i];
      });
    }
  },
});
