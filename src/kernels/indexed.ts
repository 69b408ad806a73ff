/** Walks of the kernels that take indices from a tensor. Twin of runtime-c/include/nn_indexed.h. */
import type { TypedArray } from "../graph/ir.js";
import { int32Fields, type ParamField } from "./kernel.js";
import { forEachRow, rowOffset } from "./strided.js";

/** Axes that a tuple of indices addresses. */
export const INDEXED_AXES = 6;

export type IndexedParams = {
  index_bytes: number;
  depth: number;
  size: readonly number[];
  stride: readonly number[];
  shape: readonly number[];
  base_stride: readonly number[];
  index_stride: readonly number[];
};

export const INDEXED_FIELDS: readonly ParamField[] = [
  ...int32Fields("index_bytes depth"),
  ...["size", "stride", "shape", "base_stride", "index_stride"].map((name) => ({
    name,
    type: "int32_t" as const,
    length: 6,
  })),
];

/** Calls visit(number of the tuple, block that it addresses), tuples in row-major order. */
export function forEachIndexed(
  p: IndexedParams,
  indices: TypedArray,
  visit: (at: number, block: number) => void,
): void {
  let at = 0;
  forEachRow(p.shape, (index) => {
    for (let i = 0; i < p.shape[5]; i++) {
      let block = rowOffset(index, p.base_stride) + i * p.base_stride[5];
      const first = rowOffset(index, p.index_stride) + i * p.index_stride[5];
      for (let k = 0; k < p.depth; k++) {
        const given = Number(indices[first + k]);
        const wanted = given < 0 ? given + p.size[k] : given;
        block += Math.max(0, Math.min(p.size[k] - 1, wanted)) * p.stride[k];
      }
      visit(at++, block);
    }
  });
}
