import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ChannelTables,
  reachableSums,
  roundingOf,
  SHIFTS,
  scaledTo,
} from "../../../src/kernels/variants/smmla.js";
import { fixedPoint, requantize } from "../../../src/numerics/requantize.js";
import { outputRange } from "../arbitraries.js";

const channel: fc.Arbitrary<ChannelTables> = fc
  .record({
    weights: fc.int8Array({ minLength: 1, maxLength: 40 }),
    small: fc.boolean(),
    bias: fc.integer({ min: -50_000, max: 50_000 }),
    exponent: fc.integer({ min: -24, max: 1 }),
    real: fc.double({ min: 1, max: 2, noNaN: true }),
  })
  .map(({ weights, small, bias, exponent, real }) => ({
    weights: small ? weights.map((w) => w >> 5) : weights,
    bias,
    ...fixedPoint(real * 2 ** exponent, 2 ** 22),
  }));

/** What SMMLA, SSAT and a clamp give, in unbounded integers. */
function twoInstructions(acc: number, multiplier: number, s: number, zeroPoint: number): number {
  const high = (BigInt(acc) * BigInt(multiplier) + (BigInt(roundingOf(s, zeroPoint)) << 32n)) >> 32n;
  expect(BigInt.asIntN(32, high)).toBe(high);
  return Math.min(127, Math.max(-128, Number(high >> BigInt(s))));
}

describe.each(SHIFTS)("shift %i", (s) => {
  test("gives every reachable sum the result of the definition", () => {
    let scaled = 0;
    const property = fc.property(
      channel,
      outputRange,
      fc.infiniteStream(fc.integer({ min: -128, max: 127 })),
      (tables, range, xs) => {
        const found = scaledTo(s, tables, range);
        if (!found) return;
        scaled++;
        expect(found.weights.every((w) => w === Math.trunc(w) && Math.abs(w + 0.5) < 2 ** 15)).toBe(true);
        const lowest = Int8Array.from(tables.weights, (w) => (w > 0 ? -128 : 127));
        const random = Int8Array.from(tables.weights, () => xs.next().value as number);
        for (const x of [lowest, lowest.map((v) => -1 - v), random]) {
          const sum = (weights: ArrayLike<number>, bias: number) => x.reduce((acc, v, i) => acc + v * weights[i], bias);
          const wanted = requantize(
            sum(tables.weights, tables.bias),
            ...([tables.multiplier, tables.shift, range.out_zero_point, range.out_min, range.out_max] as const),
          );
          const got = twoInstructions(sum(found.weights, found.bias), found.multiplier, s, range.out_zero_point);
          expect(Math.min(range.out_max, Math.max(range.out_min, got))).toBe(wanted);
        }
      },
    );
    fc.assert(property, { numRuns: 1500, seed: 7 });
    expect(scaled).toBeGreaterThan(300);
  });
});

test("bounds of the sums", () => {
  const tables = { weights: Int8Array.of(2, -3, 0), bias: 10, multiplier: 2 ** 30, shift: 40 };
  expect(reachableSums(tables)).toEqual([10 - 2 * 128 - 3 * 127, 10 + 2 * 127 + 3 * 128]);
});

test("a channel with one result is its bias alone", () => {
  const tables = { weights: Int8Array.of(1, -1), bias: 5, multiplier: 2 ** 30, shift: 60 };
  const range = { out_zero_point: -7, out_min: -128, out_max: 127 };
  expect(scaledTo(10, tables, range)).toEqual({ weights: [0, 0], bias: 0, multiplier: 2 ** 30 });
});
