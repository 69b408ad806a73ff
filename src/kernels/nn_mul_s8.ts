import { requantize } from "../numerics/requantize.js";
import { binaryChannels } from "./binary_channels.js";
import { BROADCAST_FIELDS, type BroadcastParams, forEachPair } from "./broadcast_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { broadcastRows } from "./rows.js";

export type MulS8Params = BroadcastParams & {
  a_zero_point: number;
  b_zero_point: number;
  multiplier: number;
  shift: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
};

function mulOne(p: MulS8Params, a: number, b: number): number {
  const product = (a - p.a_zero_point) * (b - p.b_zero_point);
  return requantize(product, p.multiplier, p.shift, p.out_zero_point, p.out_min, p.out_max);
}

/** Twin of runtime-c/src/nn_mul_s8.c. */
export default defineKernel<MulS8Params>({
  name: "nn_mul_s8",
  inputs: 2,
  outputs: 1,
  params: [
    ...BROADCAST_FIELDS,
    ...int32Fields("a_zero_point b_zero_point multiplier shift out_zero_point out_min out_max"),
  ],
  constants: [],
  inPlace: [
    [0, 0],
    [1, 0],
  ],
  channels: (p) => binaryChannels(p, (a, b) => mulOne(p, a, b)),
  scratch: () => 0,
  rows: broadcastRows,
  run(p, { inputs, outputs }) {
    const [a, b] = inputs as Int8Array[];
    const output = outputs[0] as Int8Array;
    forEachPair(p, (x, y, out) => {
      output[out] = mulOne(p, a[x], b[y]);
    });
  },
});
