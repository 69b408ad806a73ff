/** Generated values for the tests of the float32 kernels, and their comparison with double-precision oracles. */
import fc from "fast-check";
import { expect } from "vitest";
import type { TypedArray } from "../../src/graph/ir.js";

/** `count` float32 values in [-2, 2), some of them exactly 0. */
export function floats(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state & 0xf00) === 0 ? 0 : state / 2 ** 30 - 2;
  });
}

export const seeds = fc.nat(2 ** 31);

/** No clamp, that of Relu, that of Relu6 and a narrow one. */
export const clamps = fc.constantFrom(
  { out_min: -Infinity, out_max: Infinity },
  { out_min: 0, out_max: Infinity },
  { out_min: 0, out_max: 6 },
  { out_min: -0.5, out_max: 0.75 },
);

export function clamp(x: number, { out_min, out_max }: { out_min: number; out_max: number }): number {
  return Math.min(out_max, Math.max(out_min, x));
}

/** One spatial axis of a convolution or pooling window; the paddings leave every window a tap inside the input. */
export interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

/** Axes with at least one whole window, 1-pixel images and kernels larger than the image among them. */
export const axes: fc.Arbitrary<Axis> = fc
  .record({
    size: fc.constantFrom(1, 2, 3, 5, 7, 8),
    kernel: fc.constantFrom(1, 2, 3, 5),
    stride: fc.constantFrom(1, 1, 2, 3),
    dilation: fc.constantFrom(1, 1, 1, 2, 3),
    begin: fc.constantFrom(0, 0, 1, 2),
    end: fc.constantFrom(0, 1, 1, 3),
  })
  .filter(
    ({ size, kernel, dilation, begin, end }) =>
      begin < kernel && end < kernel && size + begin + end > dilation * (kernel - 1),
  );

/** Number of windows along an axis. */
export function windows({ size, kernel, stride, dilation, begin, end }: Axis): number {
  return Math.floor((size + begin + end - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** The geometry fields of the kernels' parameters for a pair of axes. */
export function windowParams(h: Axis, w: Axis) {
  return {
    in_h: h.size,
    in_w: w.size,
    kernel_h: h.kernel,
    kernel_w: w.kernel,
    stride_h: h.stride,
    stride_w: w.stride,
    dilation_h: h.dilation,
    dilation_w: w.dilation,
    pad_top: h.begin,
    pad_left: w.begin,
  };
}

/** Channels-last [n][h][w][c] to ONNX's [n][c][h][w]; with h and w exchanged for c, its inverse. */
export function permuted(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const index = shape.map(() => 0);
  for (const value of data) {
    result[order.reduce((at, axis) => at * shape[axis] + index[axis], 0)] = value;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}

/**
 * Expects |actual - expected| <= tolerance for every element. The default is ample for sums of some hundred products
 * of values in [-2, 2): each of n additions rounds by at most 2^-24 of a partial sum.
 */
export function expectClose(
  actual: TypedArray,
  expected: ArrayLike<number>,
  where: () => string,
  tolerance = 2e-4,
): void {
  const values = actual as Float32Array;
  expect(values.length, where()).toBe(expected.length);
  const at = values.findIndex((value, i) => !(value === expected[i] || Math.abs(value - expected[i]) <= tolerance));
  if (at >= 0) expect.fail(`${where()}: element ${at} is ${values[at]} instead of ${expected[at]}`);
}
