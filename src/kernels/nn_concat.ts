import { bytesPerElement } from "../graph/ir.js";
import { countKept } from "./channels.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { together } from "./moved_channels.js";
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
  channels(p, { constants, type }) {
    const bytes = bytesPerElement(type);
    const blocks = Array.from(constants.block_bytes as Int32Array, (block) => block / bytes);
    const starts = blocks.map((_, i) => blocks.slice(0, i).reduce((sum, block) => sum + block, 0));
    const total = starts[starts.length - 1] + blocks[blocks.length - 1];
    return {
      inputs: blocks,
      outputs: [total],
      dropsInputs: true,
      ranges(inputs) {
        const [min, max] = [new Float64Array(total), new Float64Array(total)];
        inputs.forEach((input, i) => {
          min.set(input.min, starts[i]);
          max.set(input.max, starts[i]);
        });
        return [{ min, max }];
      },
      require({ inputs, outputs: [output] }) {
        inputs.forEach((input, i) => {
          together(output.subarray(starts[i], starts[i] + blocks[i]), input, (element) => element);
        });
      },
      narrow({ inputs }) {
        const kept = inputs.map(countKept).filter((count) => count > 0);
        return {
          params: { ...p, input_count: kept.length },
          constants: { block_bytes: Int32Array.from(kept, (count) => count * bytes) },
        };
      },
    };
  },
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
