import { test } from "vitest";
import { averagePoolCounts } from "../../src/kernels/nn_average_pool2d_s8.js";
import kernel from "../../src/kernels/nn_average_pool2d_s16.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { expectNearest, sample } from "./arbitraries.js";
import { images } from "./average_pool_cases.js";
import { expectTwinsAgree } from "./harness.js";
import { coveredBy, outputCount } from "./pool_windows.js";
import { bytesOf, typeOf, wide, wideRange } from "./s16_cases.js";

test("nn_average_pool2d_s16 equals C and the definition, with results of one byte and of two", async () => {
  const narrow = sample(images, 150);
  const cases = narrow.map(({ pool, range, ratio, input }, k) => {
    const out_bytes = bytesOf(k);
    const { min, max } = averagePoolCounts(pool);
    const fixed = Array.from({ length: max - min + 1 }, (_, i) => {
      const count = Math.max(1, min + i);
      return fixedPoint(ratio / count / (out_bytes === 1 ? 256 : 1), 2 ** 15 * count);
    });
    return {
      params: { ...pool, ...wideRange(range, out_bytes), min_count: min, out_bytes },
      inputs: [wide(input)],
      constants: {
        multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
        shift: Uint8Array.from(fixed, ({ shift }) => shift),
      },
      outputs: [{ type: typeOf(out_bytes), count: outputCount(pool) }],
    };
  });
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach(({ params: p, inputs }, k) => {
    const { pool, ratio } = narrow[k];
    // The windows by positions: those of the values of an image that holds them.
    const positions = Int32Array.from(inputs[0], (_, i) => i);
    coveredBy(pool, positions as unknown as Int8Array).forEach(({ values, padding }, i) => {
      const sum = values.reduce((total, at) => total + inputs[0][at], 0);
      const divisor = values.length + (pool.count_include_pad ? padding : 0);
      const real = values.length === 0 ? 0 : ((sum / divisor) * ratio) / (p.out_bytes === 1 ? 256 : 1);
      const stored = results[k][0][i] as number;
      expectNearest(stored, real + Math.sign(stored - p.out_zero_point - real) * 1e-4, p, () => `case ${k}, ${i}`);
    });
  });
});
