import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type LogSoftmaxS8Params } from "../../src/kernels/nn_log_softmax_s8.js";
import { log2Fixed, logSoftmaxTable } from "../../src/numerics/log_softmax.js";
import { int8, int8s, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

interface Case extends KernelCase<LogSoftmaxS8Params> {
  readonly inScale: number;
  readonly outScale: number;
}

type Size = { outer: number; count: number; inner: number };

function caseOf(size: Size, inScale: number, outScale: number, out_zero_point: number, input: Int8Array): Case {
  const { table, logTop, ...factors } = logSoftmaxTable(inScale, size.count, outScale)!;
  return {
    params: { ...size, log_top: logTop, ...factors, out_zero_point },
    inputs: [input],
    constants: { table },
    outputs: [{ type: "int8", count: input.length }],
    ...{ inScale, outScale },
  };
}

const drawn: fc.Arbitrary<Case> = fc
  .record({
    size: fc.record({ outer: sizes(1, 2, 3), count: sizes(1, 2, 3, 7, 10, 17, 64), inner: sizes(1, 2, 5) }),
    inScale: fc.oneof(fc.constantFrom(2 ** -10, 1, 50), fc.double({ min: 0.002, max: 1, noNaN: true })),
    outScale: fc.oneof(fc.constantFrom(1 / 64, 50), fc.double({ min: 0.004, max: 1, noNaN: true })),
    zeroPoint: fc.oneof(fc.constant(127), int8),
  })
  .chain(({ size, inScale, outScale, zeroPoint }) =>
    int8s(size.outer * size.count * size.inner).map((input) => caseOf(size, inScale, outScale, zeroPoint, input)),
  );

/** Real results in output steps. */
function real({ params: p, inputs, inScale, outScale }: Case): number[] {
  const input = inputs[0] as Int8Array;
  const result = new Array<number>(input.length);
  for (let line = 0; line < p.outer * p.inner; line++) {
    const first = Math.floor(line / p.inner) * p.count * p.inner + (line % p.inner);
    const at = Array.from({ length: p.count }, (_, k) => first + k * p.inner);
    const largest = at.reduce((most, i) => Math.max(most, input[i]), -128);
    const sum = at.reduce((total, i) => total + Math.exp((input[i] - largest) * inScale), 0);
    for (const i of at) result[i] = p.out_zero_point + ((input[i] - largest) * inScale - Math.log(sum)) / outScale;
  }
  return result;
}

/**
 * Largest distance from the real result, as in src/numerics/log_softmax.ts: half a step of rounding; the factors, half a
 * unit of 2^-shift each, times what they multiply; the sum of the table, whose entries are off by half a unit; and the
 * logarithm, one unit of 2^-16.
 */
function bound({ params: p, constants, outScale }: Case): number {
  const tableError = (p.count - 1) / 2 / (constants?.table[0] as number);
  const factors = (128 + 2 ** 15 * Math.log2(p.count)) / 2 ** p.shift;
  return 0.5 + factors + (tableError / (1 - tableError) + 2 ** -16) / outScale + 1e-6;
}

function expectWithinBound(of: Case, output: ArrayLike<number | bigint>): void {
  const limit = bound(of);
  real(of).forEach((value, i) => {
    const bounded = Math.min(127, Math.max(-128, value));
    if (Math.abs(Number(output[i]) - bounded) <= limit) return;
    expect.fail(`element ${i}: ${output[i]} instead of ${bounded} +- ${limit}; ${JSON.stringify(of.params)}`);
  });
}

describe("nn_log_softmax_s8", () => {
  test("its logarithm is right to one unit over the whole range", () => {
    const whole = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    const powers = fc.integer({ min: 0, max: 31 }).map((n) => 2 ** n);
    fc.assert(
      fc.property(fc.oneof(whole, powers, fc.integer({ min: 1, max: 1000 })), (x) => {
        const exact = 65536 * Math.log2(x);
        const value = log2Fixed(x);
        return value <= exact + 1e-6 && value > exact - 1.01;
      }),
    );
  });

  test("equals C, in place too, and the real function within the bound", async () => {
    const cases = sample(drawn, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectWithinBound(of, results[k][0]);
    });
  });

  test("equals C where sums are largest: equal logits along a long axis", async () => {
    const cases = (
      [
        [128, 0.05],
        [4096, 0.05],
        [40000, 0.4],
      ] as const
    ).map(([count, outScale]) =>
      caseOf({ outer: 1, count, inner: 1 }, 0.05, outScale, 127, new Int8Array(count).fill(127)),
    );
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectWithinBound(of, results[k][0]);
    });
  });

  test("is refused where its error would be large", () => {
    expect(logSoftmaxTable(0.1, 10, 2 ** -20)).toBeUndefined();
    expect(logSoftmaxTable(2 ** 20, 10, 2 ** -20)).toBeUndefined();
  });
});
