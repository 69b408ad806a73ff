/** Generated values that the tests of several int8 kernels use, and the comparison with a real-number oracle. */
import fc from "fast-check";
import { expect } from "vitest";

/** Always the same `count` values of an arbitrary. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed: 20240607, numRuns: count });
}

export function int8s(count: number): fc.Arbitrary<Int8Array> {
  return fc.int8Array({ minLength: count, maxLength: count });
}

export const int8 = fc.integer({ min: -128, max: 127 });

export const sizes = (...values: number[]) => fc.constantFrom(...values);

/** An output's zero point and clamp: mostly the whole range, else a fused Relu's or Clip's. */
export const outputRange = fc.tuple(int8, int8, int8, fc.boolean()).map(([out_zero_point, a, b, whole]) => ({
  out_zero_point,
  out_min: whole ? -128 : Math.min(a, b),
  out_max: whole ? 127 : Math.max(a, b),
}));

/** Real multipliers of a requantisation; 1/2 and 1/4 bring ties. */
export const realMultiplier = fc.oneof(fc.constantFrom(0.25, 0.5, 1, 2), fc.double({ min: 1e-4, max: 3, noNaN: true }));

/**
 * Expects `stored` to be nearest to the real value `zero point + real`, within the clamp. The slack covers the 31 bits
 * of a fixed-point multiplier at 255 steps.
 */
export function expectNearest(
  stored: number,
  real: number,
  range: { out_zero_point: number; out_min: number; out_max: number },
  where: () => string,
): void {
  const bounded = Math.min(range.out_max, Math.max(range.out_min, range.out_zero_point + real));
  if (Math.abs(stored - bounded) <= 0.5 + 1e-6) return;
  expect.fail(`${where()}: ${stored} instead of ${bounded}`);
}
