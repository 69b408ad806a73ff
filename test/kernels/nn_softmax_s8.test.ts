import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type SoftmaxS8Params } from "../../src/kernels/nn_softmax_s8.js";
import { softmaxTable } from "../../src/numerics/softmax.js";
import { int8, int8s, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";

interface Case extends KernelCase<SoftmaxS8Params> {
  readonly inScale: number;
  readonly outScale: number;
}

type Size = { outer: number; count: number; inner: number };

function caseOf(size: Size, inScale: number, outScale: number, out_zero_point: number, input: Int8Array): Case {
  const { table, numerator, denominatorShift } = softmaxTable(inScale, size.count, outScale)!;
  return {
    params: { ...size, numerator, denominator_shift: denominatorShift, out_zero_point },
    inputs: [input],
    constants: { table },
    outputs: [{ type: "int8", count: input.length }],
    inScale,
    outScale,
  };
}

const inScales = fc.oneof(fc.constantFrom(2 ** -10, 1, 50), fc.double({ min: 0.002, max: 1, noNaN: true }));
const outScales = fc.oneof(fc.constant(1 / 256), fc.double({ min: 1 / 400, max: 1, noNaN: true }));

const small: fc.Arbitrary<Case> = fc
  .record({
    size: fc.record({ outer: sizes(1, 2, 3), count: sizes(1, 2, 3, 7, 10, 17, 64), inner: sizes(1, 2, 5) }),
    inScale: inScales,
    outScale: outScales,
    zeroPoint: fc.oneof(fc.constant(-128), int8),
  })
  .chain(({ size, inScale, outScale, zeroPoint }) =>
    int8s(size.outer * size.count * size.inner).map((input) => caseOf(size, inScale, outScale, zeroPoint, input)),
  );

/** Real results in output steps: zero point + 1 / sum(exp(x_k - x_i)) / outScale, which no logits overflow. */
function real({ params: p, inputs, inScale, outScale }: Case): number[] {
  const input = inputs[0] as Int8Array;
  return Array.from(input, (q, i) => {
    const first = Math.floor(i / (p.count * p.inner)) * p.count * p.inner + (i % p.inner);
    let sum = 0;
    for (let k = 0; k < p.count; k++) sum += Math.exp((input[first + k * p.inner] - q) * inScale);
    return p.out_zero_point + 1 / sum / outScale;
  });
}

/**
 * Largest distance from the real result: half a step of rounding; the error of numerator / 2^shift; and that of the
 * table, whose entries are off by half a unit: with p the real result and S >= top the sum of the entries,
 * |error of p| = |e - p * sum(e)| / S <= (1 + count) / 2 / top.
 */
function bound({ params: p, constants, outScale }: Case): number {
  const top = constants?.table[0] as number;
  const numeratorError = Math.abs(p.numerator / 2 ** p.denominator_shift - 1 / outScale);
  return 0.5 + numeratorError + (1 + p.count) / 2 / top / outScale + 1e-9;
}

function expectWithinBound(of: Case, output: ArrayLike<number | bigint>): void {
  const limit = bound(of);
  real(of).forEach((value, i) => {
    const bounded = Math.min(127, Math.max(-128, value));
    if (Math.abs(Number(output[i]) - bounded) <= limit) return;
    expect.fail(`element ${i}: ${output[i]} instead of ${bounded} +- ${limit}; ${JSON.stringify(of.params)}`);
  });
}

describe("nn_softmax_s8", () => {
  test("halves between two equal logits, and saturates at probability 1", () => {
    const size = { outer: 2, count: 2, inner: 1 };
    const of = caseOf(size, 1, 1 / 256, -128, Int8Array.of(5, 5, 127, -128));
    expect(runTypeScript(kernel, of)).toEqual([Int8Array.of(0, 0, 127, -128)]);
  });

  test("equals C, in place too, and the real softmax within the bound", async () => {
    const cases = sample(small, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectWithinBound(of, results[k][0]);
    });
  });

  test("equals C where sums and terms are largest: equal logits along the longest axis", async () => {
    const sizes = [
      [1 / 256, 128],
      [1 / 256, 4096],
      [0.0039, 128],
      [0.0039, 1024],
      [0.9, 4096],
    ] as const;
    const cases = sizes.map(([outScale, count]) =>
      caseOf({ outer: 1, count, inner: 1 }, 0.05, outScale, -128, new Int8Array(count).fill(127)),
    );
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectWithinBound(of, results[k][0]);
    });
  });
});
