/** Row-wise walks over tensors of six axes. Twin of runtime-c/include/nn_strided.h. */
import type { TypedArray } from "../graph/ir.js";

/** Visits the rows (last axis) in row-major order; `index` holds the position on the first five axes. */
export function forEachRow(shape: readonly number[], visit: (index: readonly number[]) => void): void {
  const index = [0, 0, 0, 0, 0];
  for (let axis = 0; axis >= 0; ) {
    visit(index);
    for (axis = 4; axis >= 0 && ++index[axis] >= shape[axis]; axis--) index[axis] = 0;
  }
}

/** Elements from the first element to the start of row `index`. */
export function rowOffset(index: readonly number[], stride: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < 5; axis++) offset += index[axis] * stride[axis];
  return offset;
}

const ELEMENTS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

/**
 * The bytes of `array` as unsigned elements of 1, 2, 4 or 8 bytes: moving them keeps every bit. Those of 8 are bigint;
 * who only moves them need not know.
 */
export function asElements(array: TypedArray, elementBytes: number): Uint8Array | Uint16Array | Uint32Array {
  const Elements = ELEMENTS[elementBytes as keyof typeof ELEMENTS];
  const elements = new Elements(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength / elementBytes);
  return elements as unknown as Uint8Array;
}
