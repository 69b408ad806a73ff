import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_det_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { floats, seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

/** Sum over all permutations of signed products, in double precision; and of their absolute values. */
function leibniz(a: ArrayLike<number>, size: number): { value: number; scale: number } {
  const visit = (row: number, left: readonly number[]): { value: number; scale: number } => {
    if (row === size) return { value: 1, scale: 1 };
    let [value, scale] = [0, 0];
    left.forEach((col, i) => {
      const rest = visit(row + 1, left.toSpliced(i, 1));
      value += (i % 2 === 0 ? 1 : -1) * a[row * size + col] * rest.value;
      scale += Math.abs(a[row * size + col]) * rest.scale;
    });
    return { value, scale };
  };
  return visit(0, [...Array(size).keys()]);
}

const matrices = fc
  .record({ count: sizes(1, 2, 3), size: sizes(1, 2, 3, 4, 6), seed: seeds })
  .map(({ seed, ...params }) => ({
    params,
    inputs: [floats(params.count * params.size ** 2, seed)],
    outputs: [{ type: "float32" as const, count: params.count }],
  }));

describe("nn_det_f32", () => {
  test("equals C in every bit, and the sum over permutations closely", async () => {
    const cases = sample(matrices, 60);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: { size }, inputs }, k) => {
      (results[k][0] as Float32Array).forEach((got, m) => {
        const { value, scale } = leibniz(inputs[0].slice(m * size * size, (m + 1) * size * size) as Float32Array, size);
        expect(Math.abs(got - value)).toBeLessThanOrEqual(2e-6 * scale);
      });
    });
  });
});
