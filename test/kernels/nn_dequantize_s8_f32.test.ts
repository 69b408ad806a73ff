import fc from "fast-check";
import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_dequantize_s8_f32.js";
import { int8, sample } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";

const EVERY_VALUE = Int8Array.from({ length: 256 }, (_, i) => i - 128);

function caseOf(scale: number, zero_point: number, input = EVERY_VALUE): KernelCase {
  const count = input.length;
  return { params: { count, scale, zero_point }, inputs: [input], outputs: [{ type: "float32", count }] };
}

test("gives scale * (q - zero_point)", () => {
  const [output] = runTypeScript(kernel, caseOf(0.25, 3, Int8Array.of(-128, 2, 3, 4, 127)));
  expect(output).toEqual(Float32Array.of(-32.75, -0.25, 0, 0.25, 31));
});

test("equals C and rounds the exact product once, for every value at any scale", async () => {
  const scales = [2 ** -149, 1e-40, 2 ** -126, 0.1, 1 / 3, 1, 1e30];
  const random = sample(fc.tuple(fc.float({ min: 2 ** -20, max: 2 ** 10, noNaN: true }), int8), 40);
  const cases = [...scales.flatMap((scale) => [-128, 0, 127].map((zp) => [scale, zp])), ...random];
  const results = await expectTwinsAgree(
    kernel,
    cases.map(([scale, zeroPoint]) => caseOf(scale, zeroPoint)),
  );
  results.forEach(([output], k) => {
    const [scale, zeroPoint] = cases[k];
    EVERY_VALUE.forEach((q, i) => {
      const exact = Math.fround(scale) * (q - zeroPoint);
      const halfStep = Math.max(2 ** -150, Math.abs(exact) * 2 ** -24);
      expect(Math.abs((output[i] as number) - exact)).toBeLessThanOrEqual(halfStep);
    });
  });
});
