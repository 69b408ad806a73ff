import { requantizeWide } from "../numerics/requantize.js";
import { dotRowsS16 } from "./dot.js";
import { CHANNEL_TABLES } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";

export type FullyConnectedS16Params = {
  rows: number;
  in_features: number;
  out_features: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  out_bytes: number;
  wide_sums: number;
};

/** Twin of runtime-c/src/nn_fully_connected_s16.c; shapes and units stand in its header. */
export default defineKernel<FullyConnectedS16Params>({
  name: "nn_fully_connected_s16",
  inputs: 1,
  outputs: 1,
  params: int32Fields("rows in_features out_features out_zero_point out_min out_max out_bytes wide_sums"),
  constants: CHANNEL_TABLES,
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int16Array;
    const output = outputs[0] as Int16Array;
    const weights = constants.weights as Int8Array;
    const bias = constants.bias as Int32Array;
    const multiplier = constants.multiplier as Int32Array;
    const shift = constants.shift as Uint8Array;
    const sums = new Float64Array(p.out_features);
    for (let row = 0; row < p.rows; row++) {
      dotRowsS16(sums, bias, input, row * p.in_features, weights, 0, p.out_features, p.in_features);
      for (let f = 0; f < p.out_features; f++) {
        const q = requantizeWide(sums[f], multiplier[f], shift[f], p.out_zero_point, p.out_min, p.out_max);
        output[row * p.out_features + f] = q;
      }
    }
  },
});
