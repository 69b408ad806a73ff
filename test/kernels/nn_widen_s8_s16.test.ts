import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_widen_s8_s16.js";
import { expectTwinsAgree } from "./harness.js";

test("nn_widen_s8_s16 equals C and takes the zero point away, for every value", async () => {
  const input = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  const zeroPoints = [-128, -1, 0, 3, 127];
  const cases = zeroPoints.map((zero_point) => ({
    params: { count: 256, zero_point },
    inputs: [input],
    outputs: [{ type: "int16" as const, count: 256 }],
  }));
  const results = await expectTwinsAgree(kernel, cases);
  zeroPoints.forEach((zero, k) => {
    expect(results[k][0]).toEqual(Int16Array.from({ length: 256 }, (_, i) => i - 128 - zero));
  });
});
