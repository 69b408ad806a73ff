import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_mean_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { clamp, clamps, expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";

const means = fc
  .record({
    outer: sizes(1, 2, 3),
    count: sizes(1, 2, 3, 7, 49, 64),
    inner: sizes(1, 2, 5, 17),
    clamps,
    seed: seeds,
  })
  .map(({ clamps, seed, ...size }) => ({
    params: { ...size, ...clamps },
    inputs: [floats(size.outer * size.count * size.inner, seed)],
    outputs: [{ type: "float32" as const, count: size.outer * size.inner }],
  }));

describe("nn_mean_f32", () => {
  test("averages over the middle axis", () => {
    const params = { outer: 1, count: 3, inner: 2, out_min: -Infinity, out_max: 25 };
    const of = {
      params,
      inputs: [Float32Array.of(1, 10, 2, 30, 6, 50)],
      outputs: [{ type: "float32", count: 2 }] as const,
    };
    expect(runTypeScript(kernel, of)).toEqual([Float32Array.of(3, 25)]);
  });

  test("equals C in every bit and the mean in double precision closely", async () => {
    const cases = sample(means, 60);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs: [x] }, k) => {
      const expected = Array.from({ length: p.outer * p.inner }, (_, i) => {
        const block = Math.floor(i / p.inner) * p.count * p.inner;
        const line = x.subarray(block, block + p.count * p.inner).filter((_, at) => at % p.inner === i % p.inner);
        return clamp(Array.from(line).reduce((a, b) => a + b) / p.count, p);
      });
      expectClose(results[k][0], expected, () => JSON.stringify(p), 1e-5);
    });
  });
});
