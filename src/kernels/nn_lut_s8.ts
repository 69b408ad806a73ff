import { defineKernel, int32Fields } from "./kernel.js";
import { countRows } from "./rows.js";

/** Twin of runtime-c/src/nn_lut_s8.c: any function of one int8 value. */
export default defineKernel<{ count: number }>({
  name: "nn_lut_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("count"),
  constants: [{ name: "table", type: "int8" }],
  inPlace: [[0, 0]],
  scratch: () => 0,
  rows: countRows("count"),
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const table = constants.table as Int8Array;
    for (let i = 0; i < p.count; i++) output[i] = table[input[i] + 128];
  },
});
