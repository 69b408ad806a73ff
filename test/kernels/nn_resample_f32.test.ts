import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { OUTSIDE } from "../../src/kernels/nn_resample_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const resizes = fc
  .record({
    outer: sizes(1, 2),
    in_size: sizes(3, 4, 7),
    out_size: sizes(1, 2, 5),
    inner: sizes(1, 3, 4),
    taps: sizes(1, 2, 3),
    outside: fc.constantFrom(0, 0.5),
    seed: seeds,
  })
  .chain(({ seed, ...params }) =>
    fc
      .tuple(
        fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(params.in_size - params.taps) }, fc.constant(OUTSIDE)), {
          minLength: params.out_size,
          maxLength: params.out_size,
        }),
        fc.constant(floats(params.outer * params.in_size * params.inner, seed)),
        fc.constant(floats(params.out_size * params.taps, seed + 1)),
      )
      .map(([starts, input, weights]) => ({
        params,
        inputs: [input],
        constants: { starts: Uint16Array.from(starts), weights },
        outputs: [{ type: "float32" as const, count: params.outer * params.out_size * params.inner }],
      })),
  );

describe("nn_resample_f32", () => {
  test("equals C and the weighted sums of the neighbours", async () => {
    const cases = sample(resizes, 80);
    expect(cases.some(({ constants }) => constants.starts.includes(OUTSIDE))).toBe(true);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs, constants: { starts, weights } }, k) => {
      const expected = Array.from({ length: p.outer * p.out_size * p.inner }, (_, at) => {
        const o = Math.floor(at / p.inner) % p.out_size;
        if (starts[o] === OUTSIDE) return p.outside;
        const row = Math.floor(at / p.inner / p.out_size) * p.in_size + starts[o];
        const sum = Array.from({ length: p.taps }, (_, j) => {
          return inputs[0][(row + j) * p.inner + (at % p.inner)] * weights[o * p.taps + j];
        }).reduce((a, b) => a + b, 0);
        return sum;
      });
      expectClose(results[k][0], expected, () => JSON.stringify(p));
    });
  });
});
