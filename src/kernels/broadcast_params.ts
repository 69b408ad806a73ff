/** Parameters of the broadcasting kernels, and the walk over them. */
import type { ParamField } from "./kernel.js";
import { forEachRow, rowOffset } from "./strided.js";

export type BroadcastParams = {
  shape: readonly number[];
  a_stride: readonly number[];
  b_stride: readonly number[];
};

export const BROADCAST_FIELDS: readonly ParamField[] = ["shape", "a_stride", "b_stride"].map((name) => ({
  name,
  type: "int32_t",
  length: 6,
}));

/** Calls visit(a, b, out) with element offsets, in row-major order of the output. */
export function forEachPair(p: BroadcastParams, visit: (a: number, b: number, out: number) => void): void {
  let out = 0;
  forEachRow(p.shape, (index) => {
    let a = rowOffset(index, p.a_stride);
    let b = rowOffset(index, p.b_stride);
    for (let i = 0; i < p.shape[5]; i++) {
      visit(a, b, out++);
      a += p.a_stride[5];
      b += p.b_stride[5];
    }
  });
}
