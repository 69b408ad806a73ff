import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_mean_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { expectNearest, sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { means } from "./mean_cases.js";

describe("nn_mean_s8", () => {
  test("averages the middle axis", () => {
    const params = { outer: 2, count: 3, inner: 2, in_zero_point: 1, ...fixedPoint(1 / 3, 768) };
    const range = { out_zero_point: -2, out_min: -5, out_max: 127 };
    const input = Int8Array.of(1, 10, 2, 20, 3, 31, -1, -10, -2, -20, -3, -30);
    const outputs = [{ type: "int8", count: 4 }] as const;
    expect(runTypeScript(kernel, { params: { ...params, ...range }, inputs: [input], outputs })).toEqual([
      Int8Array.of(-1, 17, -5, -5),
    ]);
  });

  test("equals C and the real mean", async () => {
    const cases = sample(means, 150);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs, ratio }, k) => {
      const columns = Array.from({ length: p.outer * p.inner }, (): number[] => []);
      inputs[0].forEach((q, i) => {
        const outer = Math.floor(i / (p.count * p.inner));
        columns[outer * p.inner + (i % p.inner)].push((q as number) - p.in_zero_point);
      });
      columns.forEach((column, i) => {
        expect(column).toHaveLength(p.count);
        const real = (column.reduce((x, y) => x + y) / p.count) * ratio;
        expectNearest(results[k][0][i] as number, real, p, () => `case ${k}, element ${i}, ${JSON.stringify(p)}`);
      });
    });
  });

  test("holds the sums of the longest axis that is lowered to it", () => {
    const count = 2 ** 22;
    const params = { outer: 1, count, inner: 1, in_zero_point: 127, ...fixedPoint(0.25 / count, 256 * count) };
    const range = { out_zero_point: 0, out_min: -128, out_max: 127 };
    const inputs = [new Int8Array(count).fill(-128)];
    const outputs = [{ type: "int8", count: 1 }] as const;
    expect(runTypeScript(kernel, { params: { ...params, ...range }, inputs, outputs })).toEqual([Int8Array.of(-64)]);
  });
});
