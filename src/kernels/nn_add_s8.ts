import { binaryChannels } from "./binary_channels.js";
import { BROADCAST_FIELDS, type BroadcastParams, forEachPair } from "./broadcast_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { broadcastRows } from "./rows.js";

export type AddS8Params = BroadcastParams & {
  a_zero_point: number;
  b_zero_point: number;
  a_multiplier: number;
  b_multiplier: number;
  shift: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
};

function addOne(p: AddS8Params, a: number, b: number): number {
  const sum = (a - p.a_zero_point) * p.a_multiplier + (b - p.b_zero_point) * p.b_multiplier;
  const q = p.out_zero_point + ((sum + 2 ** (p.shift - 1)) >> p.shift);
  return q < p.out_min ? p.out_min : q > p.out_max ? p.out_max : q;
}

/** Twin of runtime-c/src/nn_add_s8.c. */
export default defineKernel<AddS8Params>({
  name: "nn_add_s8",
  inputs: 2,
  outputs: 1,
  params: [
    ...BROADCAST_FIELDS,
    ...int32Fields("a_zero_point b_zero_point a_multiplier b_multiplier shift out_zero_point out_min out_max"),
  ],
  constants: [],
  inPlace: [
    [0, 0],
    [1, 0],
  ],
  channels: (p) => binaryChannels(p, (a, b) => addOne(p, a, b)),
  scratch: () => 0,
  rows: broadcastRows,
  run(p, { inputs, outputs }) {
    const [a, b] = inputs as Int8Array[];
    const output = outputs[0] as Int8Array;
    forEachPair(p, (x, y, out) => {
      output[out] = addOne(p, a[x], b[y]);
    });
  },
});
