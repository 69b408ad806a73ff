import { channelwise, keptBefore, rangesOfFunction } from "./channels.js";
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
  channels(p, { constants }) {
    const table = constants.table as Int8Array;
    const flow = channelwise(
      p.count,
      1,
      ([input]) => [rangesOfFunction(input, (value) => table[value + 128])],
      (kept) => ({ params: { count: keptBefore(p.count, kept) } }),
    );
    return {
      ...flow,
      isIdentity([{ min, max }]) {
        const least = min.reduce((a, b) => Math.min(a, b));
        const most = max.reduce((a, b) => Math.max(a, b));
        return table.subarray(least + 128, most + 129).every((value, i) => value === least + i);
      },
    };
  },
  scratch: () => 0,
  rows: countRows("count"),
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const table = constants.table as Int8Array;
    for (let i = 0; i < p.count; i++) output[i] = table[input[i] + 128];
  },
});
