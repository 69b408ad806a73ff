/** Tensors by coordinates, and elements of any bits, for the tests of the kernels that move data. */
import fc from "fast-check";
import { elementCount, type TypedArray } from "../../src/graph/ir.js";
import type { StorageType } from "../../src/graph/program.js";

/** Every index of a tensor, in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, size) => prefixes.flatMap((prefix) => Array.from({ length: size }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** Position of an index in row-major order. */
export function position(index: readonly number[], shape: readonly number[]): number {
  return shape.reduce((at, size, axis) => at * size + index[axis], 0);
}

/** Element types with their size in bytes. */
export const elementTypes = fc.constantFrom<{ type: StorageType; element_bytes: number }>(
  { type: "int8", element_bytes: 1 },
  { type: "int16", element_bytes: 2 },
  { type: "int32", element_bytes: 4 },
  { type: "float32", element_bytes: 4 },
  { type: "int64", element_bytes: 8 },
);

/** `count` elements of random bits (NaNs of any payload among floats), not at the start of their buffer. */
export function anyElements(type: StorageType, count: number, seed: number): TypedArray {
  let state = seed >>> 0;
  const bits = Uint32Array.from({ length: type === "int64" ? 2 * count + 2 : count + 1 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state ^ (state >>> 16);
  });
  if (type === "float32") return new Float32Array(bits.buffer).subarray(1);
  if (type === "int64") return new BigInt64Array(bits.buffer).subarray(1);
  if (type === "int32") return new Int32Array(bits.buffer).subarray(1);
  return type === "int16" ? Int16Array.from(bits).subarray(1) : Int8Array.from(bits).subarray(1);
}

const BITS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

/** The elements as unsigned integers of the same bits, those of 8 bytes as bigint. */
export function bitsOf(array: TypedArray): number[] {
  const Bits = BITS[array.BYTES_PER_ELEMENT as keyof typeof BITS];
  return Array.from(new Bits(array.buffer as ArrayBuffer, array.byteOffset, array.length) as Uint32Array);
}

/** Shapes of six axes with up to `rank` other than 1, the leading ones 1. */
export const shapes = fc
  .record({
    rank: fc.integer({ min: 1, max: 6 }),
    sizes: fc.array(fc.constantFrom(1, 2, 3, 5), { minLength: 6, maxLength: 6 }),
    last: fc.constantFrom(1, 2, 3, 7, 16, 17),
  })
  .map(({ rank, sizes, last }) =>
    sizes.map((size, axis) => (axis < 6 - rank ? 1 : axis === 5 ? last : rank > 3 ? Math.min(size, 3) : size)),
  )
  .filter((shape) => elementCount(shape) <= 600);
