import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_dequantize_s16_f32.js";
import { expectTwinsAgree } from "./harness.js";

const INPUT = Int16Array.from({ length: 1025 }, (_, i) => Math.min(32767, 64 * i - 32768));

test("nn_dequantize_s16_f32 equals C and rounds the exact product once", async () => {
  const scales = [2 ** -149, 1e-40, 2 ** -126, 0.1, 1 / 3, 1, 1e30];
  const cases = scales.map((scale) => ({
    params: { count: INPUT.length, scale },
    inputs: [INPUT],
    outputs: [{ type: "float32" as const, count: INPUT.length }],
  }));
  const results = await expectTwinsAgree(kernel, cases);
  results.forEach(([output], k) => {
    INPUT.forEach((q, i) => {
      const exact = Math.fround(scales[k]) * q;
      const halfStep = Math.max(2 ** -150, Math.abs(exact) * 2 ** -24);
      expect(Math.abs((output[i] as number) - exact)).toBeLessThanOrEqual(halfStep);
    });
  });
});
