import { defineKernel, int32Fields } from "./kernel.js";
import { countRows } from "./rows.js";

export type WidenS8S16Params = { count: number; zero_point: number };

/** Twin of runtime-c/src/nn_widen_s8_s16.c. */
export default defineKernel<WidenS8S16Params>({
  name: "nn_widen_s8_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields("count zero_point"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: countRows("count"),
  lead: (p) => p.count - 1,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int16Array;
    for (let i = 0; i < p.count; i++) output[i] = input[i] - p.zero_point;
  },
});
