import { scaleRounded } from "../numerics/requantize.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { forEachPlace, forEachScaled, NORMALIZE_FIELDS, type NormalizeParams } from "./normalize_params.js";
import { forEachInWindow } from "./window_params.js";

export type NormalizeS8Params = NormalizeParams & {
  count: number;
  centre: number;
  in_zero_point: number;
  out_zero_point: number;
  shift: number;
  epsilon: number;
};

/** Bits after the point of a normalised value. */
export const FRACTION_BITS = 20;

/** The largest integer whose square is at most x, for 0 <= x < 2^64. */
function squareRoot(x: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(x))));
  while (root * root > x) root--;
  while ((root + 1n) * (root + 1n) <= x) root++;
  return root;
}

/** y * scale + bias over 2^shift, rounded half up, exact: doubles hold such a product in two halves only. */
function scaledBy(scale: Int32Array, bias: Int32Array, shift: number): (y: number, channel: number) => number {
  const biasUnit = 2 ** (shift - FRACTION_BITS - 16);
  const biasHigh = Float64Array.from(bias, (b) => Math.floor(b * biasUnit));
  const biasLow = Float64Array.from(bias, (b, i) => (b * biasUnit - biasHigh[i]) * 2 ** 16);
  const half = 2 ** (shift - 17);
  const unit = 2 ** (16 - shift);
  return (y, channel) => {
    const low = scale[channel] & 0xffff;
    const high = (scale[channel] - low) / 2 ** 16;
    const top = y * high + biasHigh[channel] + Math.floor((y * low + biasLow[channel]) * 2 ** -16);
    return Math.floor((top + half) * unit);
  };
}

/** Twin of runtime-c/src/nn_normalize_s8.c. */
export default defineKernel<NormalizeS8Params>({
  name: "nn_normalize_s8",
  inputs: 1,
  outputs: 1,
  params: [
    ...NORMALIZE_FIELDS,
    ...int32Fields("count centre in_zero_point out_zero_point shift"),
    ...floatFields("epsilon"),
  ],
  constants: [
    { name: "scale", type: "int32" },
    { name: "bias", type: "int32" },
  ],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const scaled = scaledBy(constants.scale as Int32Array, constants.bias as Int32Array, p.shift);
    forEachPlace(p, (first, firstScale) => {
      let sum = 0;
      let squares = 0;
      forEachInWindow(p, first, (at) => {
        const x = input[at] - p.in_zero_point;
        sum += x;
        squares += x * x;
      });
      if (p.centre === 0) sum = 0;
      const variance = BigInt(p.count) * BigInt(squares) - BigInt(sum) ** 2n + BigInt(Math.fround(p.epsilon));
      let widened = variance === 0n ? 1n : variance;
      let halvings = 0;
      for (; widened < 2n ** 62n; halvings++) widened *= 4n;
      const root = squareRoot(widened);
      const multiplier = Number((2n ** 62n + root / 2n) / root);
      forEachScaled(p, first, firstScale, (at, channel) => {
        const acc = p.count * (input[at] - p.in_zero_point) - sum;
        const y = scaleRounded(acc, multiplier, 62 - FRACTION_BITS - halvings);
        const q = scaled(y, channel) + p.out_zero_point;
        output[at] = Math.max(-128, Math.min(127, q));
      });
    });
  },
});
