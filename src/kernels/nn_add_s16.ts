import { BROADCAST_FIELDS, type BroadcastParams, forEachPair } from "./broadcast_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { broadcastRows } from "./rows.js";

export type AddS16Params = BroadcastParams & {
  a_multiplier: number;
  b_multiplier: number;
  shift: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  out_bytes: number;
};

/** Twin of runtime-c/src/nn_add_s16.c. Sums lie below 2^48 and are exact in doubles. */
export default defineKernel<AddS16Params>({
  name: "nn_add_s16",
  inputs: 2,
  outputs: 1,
  params: [
    ...BROADCAST_FIELDS,
    ...int32Fields("a_multiplier b_multiplier shift out_zero_point out_min out_max out_bytes"),
  ],
  constants: [],
  inPlace: [
    [0, 0],
    [1, 0],
  ],
  scratch: () => 0,
  rows: broadcastRows,
  run(p, { inputs, outputs }) {
    const [a, b] = inputs as Int16Array[];
    const output = outputs[0] as Int16Array;
    const half = 2 ** (p.shift - 1);
    const step = 2 ** p.shift;
    forEachPair(p, (x, y, out) => {
      const sum = a[x] * p.a_multiplier + b[y] * p.b_multiplier;
      const q = p.out_zero_point + Math.floor((sum + half) / step);
      output[out] = q < p.out_min ? p.out_min : q > p.out_max ? p.out_max : q;
    });
  },
});
