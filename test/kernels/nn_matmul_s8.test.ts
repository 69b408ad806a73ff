import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type MatMulS8Params } from "../../src/kernels/nn_matmul_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { expectNearest, int8, int8s, outputRange, realMultiplier, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";

interface Product extends KernelCase<MatMulS8Params> {
  readonly multiplier: number;
  readonly aBatch: readonly number[];
  readonly bBatch: readonly number[];
}

const volume = (shape: readonly number[]) => shape.reduce((x, y) => x * y, 1);

/** Element strides of a row-major tensor of `shape` followed by `matrix` elements; 0 along axes of size 1. */
function strides(shape: readonly number[], matrix: number): number[] {
  return shape.map((size, axis) => (size === 1 ? 0 : volume(shape.slice(axis + 1)) * matrix));
}

/** Two operands whose batch axes are each either full or broadcast. */
const products: fc.Arbitrary<Product> = fc
  .record({
    batch_shape: fc.tuple(sizes(1, 2), sizes(1, 3), sizes(1, 2), sizes(1, 2, 3)),
    broadcastA: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
    broadcastB: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
    rows: sizes(1, 2, 3, 5),
    inner: sizes(1, 3, 4, 7, 15, 17),
    cols: sizes(1, 2, 3, 5),
    a_zero_point: int8,
    b_zero_point: int8,
    multiplier: realMultiplier.map((real) => real / 16),
    range: outputRange,
  })
  .chain(({ batch_shape, broadcastA, broadcastB, multiplier, range, ...sized }) => {
    const { rows, inner, cols } = sized;
    // An axis that both operands broadcast would not have the batch's size.
    const aBatch = batch_shape.map((size, axis) => (broadcastA[axis] ? 1 : size));
    const bBatch = batch_shape.map((size, axis) => (broadcastB[axis] && !broadcastA[axis] ? 1 : size));
    const params = {
      batch_shape,
      a_batch_stride: strides(aBatch, rows * inner),
      b_batch_stride: strides(bBatch, inner * cols),
      ...sized,
      ...fixedPoint(multiplier, inner * 255 * 255),
      ...range,
    };
    const outputs = [{ type: "int8" as const, count: volume(batch_shape) * rows * cols }];
    return fc
      .tuple(int8s(volume(aBatch) * rows * inner), int8s(volume(bBatch) * inner * cols))
      .map((inputs) => ({ params, inputs, outputs, multiplier, aBatch, bBatch }));
  });

/** Nested arrays [batch][row][col] of a tensor with broadcast batch axes, zero point taken off. */
function matrices(
  data: Int8Array,
  own: readonly number[],
  batch: readonly number[],
  rows: number,
  cols: number,
  zp: number,
) {
  return Array.from({ length: volume(batch) }, (_, n) => {
    let matrix = 0;
    for (let axis = 0; axis < 4; axis++) {
      const index = Math.floor(n / volume(batch.slice(axis + 1))) % batch[axis];
      matrix = matrix * own[axis] + (index % own[axis]);
    }
    const start = matrix * rows * cols;
    return Array.from({ length: rows }, (_, r) =>
      Array.from(data.subarray(start + r * cols, start + (r + 1) * cols), (q) => q - zp),
    );
  });
}

describe("nn_matmul_s8", () => {
  test("multiplies matrices", () => {
    const params = {
      batch_shape: [1, 1, 1, 1],
      a_batch_stride: [0, 0, 0, 0],
      b_batch_stride: [0, 0, 0, 0],
      rows: 2,
      inner: 2,
      cols: 3,
      a_zero_point: 1,
      b_zero_point: -1,
      ...fixedPoint(0.5, 4 * 255 * 255),
      out_zero_point: 10,
      out_min: -128,
      out_max: 20,
    };
    const inputs = [Int8Array.of(2, 3, 4, 5), Int8Array.of(0, 1, 2, 3, 4, -6)];
    // [1 2; 3 4] * [1 2 3; 4 5 -5] = [9 12 -7; 19 26 -11]; halves round up
    const [output] = runTypeScript(kernel, { params, inputs, outputs: [{ type: "int8", count: 6 }] });
    expect(output).toEqual(Int8Array.of(15, 16, 7, 20, 20, 5));
  });

  test("equals C and the real product, with broadcast batch axes", async () => {
    const cases = sample(products, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs, multiplier, aBatch, bBatch }, k) => {
      const as = matrices(inputs[0] as Int8Array, aBatch, p.batch_shape, p.rows, p.inner, p.a_zero_point);
      const bs = matrices(inputs[1] as Int8Array, bBatch, p.batch_shape, p.inner, p.cols, p.b_zero_point);
      const reals = as.flatMap((a, n) =>
        a.flatMap((row) =>
          bs[n][0].map((_, col) => row.reduce((sum, x, i) => sum + x * bs[n][i][col], 0) * multiplier),
        ),
      );
      expect(reals).toHaveLength(results[k][0].length);
      reals.forEach((real, i) => {
        expectNearest(results[k][0][i] as number, real, p, () => `case ${k}, element ${i}, ${JSON.stringify(p)}`);
      });
    });
  });

  test("holds the largest sums that fit int32", async () => {
    const inner = 33025;
    const cases = [127, -128].map((value): KernelCase => {
      const zeroPoint = value === 127 ? -128 : 127;
      return {
        params: {
          batch_shape: [1, 1, 1, 1],
          a_batch_stride: [0, 0, 0, 0],
          b_batch_stride: [0, 0, 0, 0],
          rows: 1,
          inner,
          cols: 1,
          a_zero_point: -128,
          b_zero_point: zeroPoint,
          ...fixedPoint(100 / (inner * 255 * 255), inner * 255 * 255),
          out_zero_point: 5,
          out_min: -128,
          out_max: 127,
        },
        inputs: [new Int8Array(inner).fill(127), new Int8Array(inner).fill(value)],
        outputs: [{ type: "int8", count: 1 }],
      };
    });
    expect(await expectTwinsAgree(kernel, cases)).toEqual([[Int8Array.of(105)], [Int8Array.of(-95)]]);
  });
});
