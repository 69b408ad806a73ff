import { describe, expect, test } from "vitest";
import kernel, { type AddS8Params } from "../../src/kernels/nn_add_s8.js";
import { addMultipliers } from "../../src/numerics/add.js";
import { sums } from "./add_cases.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped } from "./int8_layers.js";

/** The kernel's formula in unbounded integers. */
function exact(p: AddS8Params, a: number, b: number): number {
  const terms =
    BigInt(a - p.a_zero_point) * BigInt(p.a_multiplier) + BigInt(b - p.b_zero_point) * BigInt(p.b_multiplier);
  const q = Number((terms + (1n << BigInt(p.shift - 1))) >> BigInt(p.shift)) + p.out_zero_point;
  return Math.min(p.out_max, Math.max(p.out_min, q));
}

describe("nn_add_s8", () => {
  test("adds with broadcasting and subtracts", () => {
    const { aMultiplier, bMultiplier, shift } = addMultipliers(0.5, 1, 1);
    const params = {
      shape: [1, 1, 1, 1, 2, 3],
      a_stride: [0, 0, 0, 0, 3, 1],
      b_stride: [0, 0, 0, 0, 1, 0],
      a_zero_point: 1,
      b_zero_point: -1,
      a_multiplier: aMultiplier,
      b_multiplier: bMultiplier,
      shift,
      out_zero_point: 10,
      out_min: -128,
      out_max: 31,
    };
    const inputs = [Int8Array.of(1, 2, 3, 4, 5, -6), Int8Array.of(4, 19)];
    const outputs = [{ type: "int8", count: 6 }] as const;
    // Real a: 0 .5 1 / 1.5 2 -3.5, real b: 5 / 20; halves round up, 31 clamps.
    expect(runTypeScript(kernel, { params, inputs, outputs })).toEqual([Int8Array.of(15, 16, 16, 31, 31, 27)]);
    const sub = { ...params, b_multiplier: -bMultiplier };
    expect(runTypeScript(kernel, { params: sub, inputs, outputs })).toEqual([Int8Array.of(5, 6, 6, -8, -8, -13)]);
  });

  test("equals C and its formula, within the stated error of the real sum", async () => {
    const cases = sample(sums, 150);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, pairs, aScale, bScale, outScale }, k) => {
      const output = results[k][0] as Int8Array;
      expect(output, `case ${k}`).toEqual(Int8Array.from(pairs, ([a, b]) => exact(p, a, b)));
      pairs.forEach(([a, b], i) => {
        const real = ((a - p.a_zero_point) * aScale + (b - p.b_zero_point) * bScale) / outScale;
        const bounded = Math.min(p.out_max, Math.max(p.out_min, p.out_zero_point + real));
        expect(Math.abs(output[i] - bounded)).toBeLessThanOrEqual(0.5 + 255 * 2 ** -p.shift + 1e-9);
      });
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });
});
