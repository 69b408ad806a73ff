import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_max_pool2d_s8.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { maxPools } from "./max_pool_cases.js";
import { coveredBy } from "./pool_windows.js";

describe("nn_max_pool2d_s8", () => {
  test("takes the largest value inside the input", () => {
    const window = { kernel_h: 2, kernel_w: 2, stride_h: 2, stride_w: 2, dilation_h: 1, dilation_w: 1 };
    const size = { batch: 1, in_h: 3, in_w: 3, channels: 1, out_h: 2, out_w: 2 };
    const params = { ...size, ...window, pad_top: 1, pad_left: 1, out_min: -128, out_max: 127 };
    const inputs = [Int8Array.of(-9, -8, -7, -6, -5, -4, -3, -2, -1)];
    const outputs = [{ type: "int8", count: 4 }] as const;
    expect(runTypeScript(kernel, { params, inputs, outputs })).toEqual([Int8Array.of(-9, -7, -3, -1)]);
  });

  test("equals C and the definition", async () => {
    const cases = sample(maxPools, 150);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ pool, range, input }, k) => {
      const largest = coveredBy(pool, input).map(({ values }) =>
        Math.min(range.out_max, Math.max(range.out_min, ...values)),
      );
      expect(results[k][0], `case ${k}, ${JSON.stringify(pool)}`).toEqual(Int8Array.from(largest));
    });
  });
});
