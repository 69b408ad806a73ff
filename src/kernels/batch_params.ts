/** Parameters of the matrix products with broadcast batch axes. */
import type { ParamField } from "./kernel.js";

export type BatchParams = {
  batch_shape: readonly number[];
  a_batch_stride: readonly number[];
  b_batch_stride: readonly number[];
  rows: number;
  inner: number;
  cols: number;
};

export const BATCH_FIELDS: readonly ParamField[] = ["batch_shape", "a_batch_stride", "b_batch_stride"].map((name) => ({
  name,
  type: "int32_t",
  length: 4,
}));

/** Element offsets of a and b for every product, in row-major order of the batch. */
export function* batchOffsets(p: BatchParams): Generator<[a: number, b: number]> {
  const batches = p.batch_shape.reduce((x, y) => x * y, 1);
  for (let batch = 0; batch < batches; batch++) {
    let rest = batch;
    let a = 0;
    let b = 0;
    for (let axis = p.batch_shape.length - 1; axis >= 0; axis--) {
      const index = rest % p.batch_shape[axis];
      rest = (rest - index) / p.batch_shape[axis];
      a += index * p.a_batch_stride[axis];
      b += index * p.b_batch_stride[axis];
    }
    yield [a, b];
  }
}
