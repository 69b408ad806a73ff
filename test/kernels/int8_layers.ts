/** Generated int8 layers with per-channel tables, for the kernels with weights, and their exact requantisation. */
import fc from "fast-check";
import { expect } from "vitest";
import type { TypedArray } from "../../src/graph/ir.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { int8, int8s, outputRange } from "./arbitraries.js";

/** Weights and what the compiler makes of bias and scales, before the input zero point is folded in. */
export interface Layer {
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
}

export interface Range {
  readonly out_zero_point: number;
  readonly out_min: number;
  readonly out_max: number;
}

/** Mostly multipliers that spread `terms` products over the int8 range, some that saturate, vanish or bring ties. */
function multipliers(terms: number): fc.Arbitrary<number> {
  const usual = fc.double({ min: 0.1, max: 3, noNaN: true }).map((x) => (x * 0.01) / Math.sqrt(terms));
  const special = fc.constantFrom(0, 2 ** -32, 2 ** -9, 0.25, 0.5, 2 ** 20);
  return fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: special });
}

/** @param terms products that an output value sums */
export function layers(channels: number, terms: number): fc.Arbitrary<Layer> {
  const each = { minLength: channels, maxLength: channels };
  return fc
    .record({
      weights: int8s(channels * terms),
      bias: fc.array(fc.integer({ min: -20000, max: 20000 }), each),
      reals: fc.array(multipliers(terms), each),
    })
    .map(({ weights, bias, reals }) => {
      const fixed = reals.map((real) => fixedPoint(real, terms * 2 ** 15 + 2 ** 22));
      return {
        weights,
        bias: Int32Array.from(bias),
        multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
        shift: Uint8Array.from(fixed, ({ shift }) => shift),
      };
    });
}

/** Zero points and clamp of a layer. */
export const layerRange = fc.tuple(int8, outputRange).map(([in_zero_point, range]) => ({ in_zero_point, ...range }));

/** The constants of the kernels: bias - in_zero_point * (sum of the channel's weights). */
export function foldedConstants(
  { weights, bias, multiplier, shift }: Layer,
  inZeroPoint: number,
  channelOf: (weight: number) => number,
) {
  const folded = bias.slice();
  weights.forEach((w, i) => {
    folded[channelOf(i)] -= inZeroPoint * w;
  });
  return { weights, bias: folded, multiplier, shift };
}

/** The definition of requantisation, in unbounded integers. */
export function requantizeExact(acc: number, multiplier: number, shift: number, p: Range): number {
  const n = BigInt(shift);
  const q = Number((BigInt(acc) * BigInt(multiplier) + (1n << (n - 1n))) >> n) + p.out_zero_point;
  return Math.min(p.out_max, Math.max(p.out_min, q));
}

/** Expects every output to be its requantised real sum; sums and output have the channel last. */
export function expectRequantized(
  output: TypedArray,
  sums: readonly number[],
  layer: Layer,
  range: Range,
  where: string,
): void {
  const channels = layer.bias.length;
  const expected = sums.map((acc, i) =>
    requantizeExact(acc, layer.multiplier[i % channels], layer.shift[i % channels], range),
  );
  expect(Array.from(output as Int8Array), where).toEqual(expected);
}

/** Expects that at least a third of all values are not clamped: a test on saturated values shows nothing. */
export function expectMostlyUnclamped(outputs: readonly TypedArray[], ranges: readonly Range[]): void {
  let all = 0;
  let inner = 0;
  outputs.forEach((output, k) => {
    for (const q of output as Int8Array) {
      all++;
      if (q > ranges[k].out_min && q < ranges[k].out_max) inner++;
    }
  });
  expect(inner / all).toBeGreaterThan(1 / 3);
}
