import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type SumRowsS8Params } from "../../src/kernels/nn_sum_rows_s8.js";
import { int8, int8s, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

const sums: fc.Arbitrary<KernelCase<SumRowsS8Params>> = fc
  .record({ rows: sizes(1, 2, 7), count: sizes(1, 3, 16), inner: sizes(1, 2, 5, 17), in_zero_point: int8 })
  .chain((size) =>
    int8s(size.rows * size.count * size.inner).map((input) => ({
      params: { ...size, made: 0 },
      inputs: [input],
      outputs: [{ type: "int32" as const, count: size.inner }],
    })),
  );

describe("nn_sum_rows_s8", () => {
  test("equals C and the sums", async () => {
    const cases = sample(sums, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const expected = new Int32Array(p.inner);
      inputs[0].forEach((q, i) => {
        expected[i % p.inner] += (q as number) - p.in_zero_point;
      });
      expect(results[k][0]).toEqual(expected);
    });
  });

  test("adds rows to those that were made before", () => {
    const p = { rows: 1, count: 2, inner: 2, in_zero_point: 1 };
    const output = new Int32Array(2).fill(999);
    const run = (made: number, ...input: number[]) =>
      kernel.run({ ...p, made }, { inputs: [Int8Array.from(input)], outputs: [output], constants: {} });
    run(0, 1, 10, 2, 20);
    expect(output).toEqual(Int32Array.of(1, 28));
    run(1, -1, 4, -2, 5);
    expect(output).toEqual(Int32Array.of(-4, 35));
  });
});
