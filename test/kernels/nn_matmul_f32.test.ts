import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_matmul_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { clamp, clamps, expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

/** Row-major strides of the batch axes in front of `matrix` elements, 0 where the axis is broadcast. */
function batchStrides(batch: readonly number[], matrix: number): number[] {
  return batch.map((size, axis) => (size === 1 ? 0 : elementCount(batch.slice(axis + 1)) * matrix));
}

const products = fc
  .record({
    batch: fc.tuple(sizes(1, 2), sizes(1, 3), sizes(1, 2), sizes(1, 2, 3)),
    broadcasts: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom("none", "a", "b"))),
    rows: sizes(1, 2, 3, 5),
    inner: sizes(1, 3, 4, 7, 16, 17),
    cols: sizes(1, 2, 3, 5, 8),
    clamps,
    seed: seeds,
  })
  .map(({ batch, broadcasts, rows, inner, cols, clamps, seed }) => {
    const batchA = batch.map((size, axis) => (broadcasts[axis] === "a" ? 1 : size));
    const batchB = batch.map((size, axis) => (broadcasts[axis] === "b" ? 1 : size));
    const shapes = [
      [...batchA, rows, inner],
      [...batchB, inner, cols],
    ];
    const params = {
      batch_shape: batch,
      a_batch_stride: batchStrides(batchA, rows * inner),
      b_batch_stride: batchStrides(batchB, inner * cols),
      ...{ rows, inner, cols },
      ...clamps,
    };
    const inputs = shapes.map((shape, k) => floats(elementCount(shape), seed + k));
    const outputs = [{ type: "float32" as const, count: elementCount(batch) * rows * cols }];
    return { shapes, of: { params, inputs, outputs } };
  });

describe("nn_matmul_f32", () => {
  test("multiplies matrices", () => {
    const none = [0, 0, 0, 0];
    const batches = { batch_shape: [1, 1, 1, 1], a_batch_stride: none, b_batch_stride: none };
    const params = { ...batches, rows: 2, inner: 2, cols: 3, out_min: -5, out_max: Infinity };
    const inputs = [Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 2, 3, 4, 5, -6)];
    const [output] = runTypeScript(kernel, { params, inputs, outputs: [{ type: "float32", count: 6 }] });
    expect(output).toEqual(Float32Array.of(9, 12, -5, 19, 26, -5));
  });

  test("equals C in every bit and onnxruntime closely, with broadcast batch axes", async () => {
    const cases = sample(products, 60);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    for (const [k, { shapes, of }] of cases.entries()) {
      const operands = shapes.map((shape, i) => ({ shape, data: of.inputs[i] }));
      const expected = (await runOnnx("MatMul", operands, {})).data.map((x) => clamp(x, of.params));
      expectClose(results[k][0], expected, () => JSON.stringify(of.params));
    }
  });
});
