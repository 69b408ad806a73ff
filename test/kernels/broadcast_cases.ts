/** Generated operands of the int8 kernels that broadcast, and the values that meet in each output element. */
import fc from "fast-check";
import type { BroadcastParams } from "../../src/kernels/broadcast_params.js";
import { int8s, sizes } from "./arbitraries.js";

export interface Operands {
  readonly loop: BroadcastParams & { shape: number[]; a_stride: number[]; b_stride: number[] };
  readonly inputs: readonly [Int8Array, Int8Array];
  readonly count: number;
  /** [a, b] for every output element, by coordinates. */
  readonly pairs: readonly (readonly [number, number])[];
}

const AXES = [0, 1, 2, 3, 4, 5];
const volume = (shape: readonly number[]) => shape.reduce((x, y) => x * y, 1);

/** Row-major strides of `own` seen as a larger shape: 0 along its axes of size 1. */
const stridesOf = (own: readonly number[]) => own.map((size, axis) => (size === 1 ? 0 : volume(own.slice(axis + 1))));

/** Element at `index` of the output, found by walking the operand's own shape from the front. */
function at(data: Int8Array, own: readonly number[], index: readonly number[]): number {
  return data[own.reduce((position, size, axis) => position * size + (index[axis] % size), 0)];
}

/** Up to six axes, each of which one of the operands may broadcast; same shapes are frequent. */
export const operands: fc.Arbitrary<Operands> = fc
  .record({
    rank: sizes(1, 2, 3, 6),
    sizes: fc.tuple(...AXES.map(() => sizes(1, 2, 3, 5))),
    last: sizes(1, 3, 7, 16, 17),
    broadcasts: fc.tuple(...AXES.map(() => fc.constantFrom("none", "none", "a", "b"))),
    same: fc.boolean(),
  })
  .chain(({ rank, sizes: inner, last, broadcasts, same }) => {
    const shape = AXES.map((axis) =>
      axis < 6 - rank ? 1 : axis === 5 ? last : Math.min(inner[axis], rank > 3 ? 2 : 5),
    );
    const ownShape = (operand: string) => shape.map((size, axis) => (!same && broadcasts[axis] === operand ? 1 : size));
    const [a, b] = [ownShape("a"), ownShape("b")];
    const count = volume(shape);
    return fc.tuple(int8s(volume(a)), int8s(volume(b))).map((inputs) => ({
      loop: { shape, a_stride: stridesOf(a), b_stride: stridesOf(b) },
      inputs,
      count,
      pairs: Array.from({ length: count }, (_, i) => {
        const index = shape.map((size, axis) => Math.floor(i / volume(shape.slice(axis + 1))) % size);
        return [at(inputs[0], a, index), at(inputs[1], b, index)] as const;
      }),
    }));
  });
