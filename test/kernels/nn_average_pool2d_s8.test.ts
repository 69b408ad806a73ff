import { describe, expect, test } from "vitest";
import kernel, { averagePoolCounts } from "../../src/kernels/nn_average_pool2d_s8.js";
import { expectNearest, sample } from "./arbitraries.js";
import { caseOf, images } from "./average_pool_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { type Covered, coveredBy } from "./pool_windows.js";

/** What the average divides by. */
const divisor = ({ values, padding }: Covered, pool: { count_include_pad: number }) =>
  values.length + (pool.count_include_pad ? padding : 0);

describe("nn_average_pool2d_s8", () => {
  test.each([
    [0, [1, 2.5, 5.5, 7]],
    [1, [0.25, 1.25, 2.75, 7]],
  ])("divides by the taps that count, count_include_pad %i", (count_include_pad, averages) => {
    const window = { kernel_h: 2, kernel_w: 2, stride_h: 2, stride_w: 2, dilation_h: 1, dilation_w: 1 };
    const size = { batch: 1, in_h: 3, in_w: 3, channels: 1, out_h: 2, out_w: 2 };
    const pads = { pad_top: 1, pad_left: 1, pad_bottom: 0, pad_right: 0 };
    const range = { out_zero_point: 3, out_min: -128, out_max: 127 };
    const input = Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9).map((x) => x - 20);
    const pool = { ...size, ...window, ...pads, count_include_pad };
    const [output] = runTypeScript(kernel, caseOf({ pool, in_zero_point: -20, range, ratio: 4, input }));
    expect(output).toEqual(Int8Array.from(averages, (average) => 3 + 4 * average));
  });

  test("equals C and the definition", async () => {
    const cases = sample(images, 150);
    const results = await expectTwinsAgree(kernel, cases.map(caseOf));
    cases.forEach(({ pool, in_zero_point, range, ratio, input }, k) => {
      coveredBy(pool, input).forEach((covered, i) => {
        const sum = covered.values.reduce((total, q) => total + q - in_zero_point, 0);
        const real = covered.values.length === 0 ? 0 : (sum / divisor(covered, pool)) * ratio;
        expectNearest(results[k][0][i] as number, real, range, () => `case ${k}, ${i}, ${JSON.stringify(pool)}`);
      });
    });
  });
});

describe("averagePoolCounts", () => {
  test("gives the smallest and the largest divisor of all windows", () => {
    for (const { pool, input } of sample(images, 300)) {
      const counts = coveredBy(pool, input).map((covered) => divisor(covered, pool));
      const expected = { min: Math.min(...counts), max: Math.max(...counts) };
      expect(averagePoolCounts(pool), JSON.stringify(pool)).toEqual(expected);
    }
  });
});
