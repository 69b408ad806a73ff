import fc from "fast-check";
import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_requantize_s32_s8.js";
import { fixedPoint, requantize } from "../../src/numerics/requantize.js";
import { outputRange, realMultiplier, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree } from "./harness.js";

const BOUND = 2 ** 24;

test("nn_requantize_s32_s8 equals C and the definition", async () => {
  const drawn = sample(
    fc
      .record({ count: sizes(1, 2, 17), ratio: realMultiplier, range: outputRange })
      .chain(({ count, ratio, range }) =>
        fc
          .array(fc.integer({ min: -BOUND, max: BOUND }), { minLength: count, maxLength: count })
          .map((values) => ({ count, ratio, range, values })),
      ),
    120,
  );
  const cases = drawn.map(({ count, ratio, range, values }) => ({
    params: { count, ...range, ...fixedPoint(ratio, BOUND) },
    inputs: [Int32Array.from(values)],
    outputs: [{ type: "int8" as const, count }],
  }));
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach(({ params: p, inputs }, k) => {
    const expected = Array.from(inputs[0], (acc) =>
      requantize(acc, p.multiplier, p.shift, p.out_zero_point, p.out_min, p.out_max),
    );
    expect([...results[k][0]]).toEqual(expected);
  });
});
