import { requantize } from "../numerics/requantize.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { forEachInWindow, forEachPlace, WINDOW_FIELDS, type WindowParams } from "./window_params.js";

export type NormalizeS8Params = WindowParams & {
  count: number;
  centre: number;
  in_zero_point: number;
  out_zero_point: number;
  numerator: number;
  shift: number;
  epsilon: number;
};

/** The largest integer whose square is at most x, for 0 <= x < 2^64. */
function squareRoot(x: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(x))));
  while (root * root > x) root--;
  while ((root + 1n) * (root + 1n) <= x) root++;
  return root;
}

/** Twin of runtime-c/src/nn_normalize_s8.c. */
export default defineKernel<NormalizeS8Params>({
  name: "nn_normalize_s8",
  inputs: 1,
  outputs: 1,
  params: [
    ...WINDOW_FIELDS,
    ...int32Fields("count centre in_zero_point out_zero_point numerator shift"),
    ...floatFields("epsilon"),
  ],
  constants: [],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    forEachPlace(p, (first) => {
      let sum = 0;
      let squares = 0;
      forEachInWindow(p, first, (at) => {
        const x = input[at] - p.in_zero_point;
        sum += x;
        squares += x * x;
      });
      if (p.centre === 0) sum = 0;
      const variance = BigInt(p.count) * BigInt(squares) - BigInt(sum) ** 2n + BigInt(Math.fround(p.epsilon));
      let scaled = variance === 0n ? 1n : variance;
      let halvings = 0;
      for (; scaled < 2n ** 62n; halvings++) scaled *= 4n;
      const root = squareRoot(scaled);
      const multiplier = Number((BigInt(p.numerator) * 2n ** 31n + root / 2n) / root);
      forEachInWindow(p, first, (at) => {
        const acc = p.count * (input[at] - p.in_zero_point) - sum;
        output[at] = requantize(acc, multiplier, p.shift - halvings, p.out_zero_point, -128, 127);
      });
    });
  },
});
