import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_mul_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped, requantizeExact } from "./int8_layers.js";
import { products } from "./mul_cases.js";

describe("nn_mul_s8", () => {
  test("multiplies with broadcasting", () => {
    const params = {
      shape: [1, 1, 1, 1, 2, 2],
      a_stride: [0, 0, 0, 0, 0, 1],
      b_stride: [0, 0, 0, 0, 2, 1],
      a_zero_point: -1,
      b_zero_point: 2,
      ...fixedPoint(0.5, 2 ** 16),
      out_zero_point: 3,
      out_min: -128,
      out_max: 127,
    };
    // Real a: 2 3, real b: 1 -1 / 5 50.
    const inputs = [Int8Array.of(1, 2), Int8Array.of(3, 1, 7, 52)];
    const [output] = runTypeScript(kernel, { params, inputs, outputs: [{ type: "int8", count: 4 }] });
    expect(output).toEqual(Int8Array.of(4, 2, 8, 78));
  });

  test("equals C and the requantised product", async () => {
    const cases = sample(products, 150);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, pairs }, k) => {
      const expected = pairs.map(([a, b]) =>
        requantizeExact((a - p.a_zero_point) * (b - p.b_zero_point), p.multiplier, p.shift, p),
      );
      expect(results[k][0], `case ${k}`).toEqual(Int8Array.from(expected));
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });
});
