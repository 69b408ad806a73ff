import { describe, expect, test } from "vitest";
import kernel, { type MeanS16Params } from "../../src/kernels/nn_mean_s16.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { expectNearest, sample } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { means } from "./mean_cases.js";
import { bytesOf, typeOf, wide, wideRange } from "./s16_cases.js";

describe("nn_mean_s16", () => {
  test("equals C and the real mean, with results of one byte and of two", async () => {
    const narrow = sample(means, 150);
    const cases = narrow.map(({ params, inputs, outputs, ratio }, k) => {
      const out_bytes = bytesOf(k);
      const { in_zero_point: _, ...kept } = params;
      const real = ratio / kept.count / (out_bytes === 1 ? 256 : 1);
      const of: KernelCase<MeanS16Params> = {
        params: { ...kept, ...wideRange(params, out_bytes), ...fixedPoint(real, 2 ** 15 * kept.count), out_bytes },
        inputs: [wide(inputs[0])],
        outputs: [{ type: typeOf(out_bytes), count: outputs[0].count }],
      };
      return of;
    });
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const sums = new Float64Array(p.outer * p.inner);
      inputs[0].forEach((q, i) => {
        sums[Math.floor(i / (p.count * p.inner)) * p.inner + (i % p.inner)] += q as number;
      });
      sums.forEach((sum, i) => {
        const real = ((sum / p.count) * narrow[k].ratio) / (p.out_bytes === 1 ? 256 : 1);
        // A multiplier of 31 bits is off by 2^-31 of the result, which has up to 17 bits here.
        const stored = results[k][0][i] as number;
        expectNearest(stored, real + Math.sign(stored - p.out_zero_point - real) * 1e-4, p, () => `case ${k}, ${i}`);
      });
    });
  });

  test("holds the sums of the longest axis that is lowered to it", () => {
    const count = 2 ** 16 - 1;
    const params = { outer: 1, count, inner: 1, ...fixedPoint(1 / count, 2 ** 15 * count), out_bytes: 2 };
    const range = { out_zero_point: 0, out_min: -32768, out_max: 32767 };
    const inputs = [new Int16Array(count).fill(-32768)];
    const outputs = [{ type: "int16", count: 1 }] as const;
    expect(runTypeScript(kernel, { params: { ...params, ...range }, inputs, outputs })).toEqual([
      Int16Array.of(-32768),
    ]);
  });
});
