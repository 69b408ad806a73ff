/** What the variants of layers on int16 values share: when they apply, their tables, and how far the output may run into the input. */
import type { TypedArray } from "../../graph/ir.js";
import type { ConvS16Params } from "../image_params.js";
import type { Conv2dS16Params } from "../nn_conv2d_s16.js";
import type { FullyConnectedS16Params } from "../nn_fully_connected_s16.js";
import { walkOf } from "./conv2d_mve.js";
import { leadOfWalk, type WalkStep } from "./mve.js";

/** Why a layer needs the plain kernel; undefined where it does not. */
export function needsPlain({ groups, wide_sums }: { groups?: number; wide_sums?: number }): string | undefined {
  if (groups !== undefined && groups !== 1) return "it takes no groups";
  return wide_sums === 1 ? "its sums leave 32 bits" : undefined;
}

/** Weights [channels][terms] as words of four, in the order 0, 2, 1, 3 from the low byte on; zeros fill up the last one. */
export function quadWords(weights: Int8Array, channels: number): Int32Array {
  const terms = weights.length / channels;
  const quads = Math.ceil(terms / 4);
  const bytes = new Int8Array(4 * quads * channels);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < terms; i++) {
      const lane = [0, 2, 1, 3][i % 4];
      bytes[4 * (c * quads + Math.floor(i / 4)) + lane] = weights[c * terms + i];
    }
  }
  return new Int32Array(bytes.buffer);
}

/** Pairs of weights as the two int16 of a word. */
export function pairWords(weights: Int8Array): Int32Array {
  return new Int32Array(Int16Array.from(weights).buffer);
}

/** The tables with packed weights. */
export const withWeights = (constants: Readonly<Record<string, TypedArray>>, weights: TypedArray) => ({
  ...constants,
  weights,
});

const inBytes = (walk: readonly WalkStep[], out_bytes: number) =>
  walk.map(({ first, end }) => ({ first: 2 * first, end: out_bytes * end }));

/**
 * `lead` of a layer that makes `pixels` pixels at a time.
 * @param rereads whether their windows are read in place, and so again after results were written
 */
export function leadOfPixels(p: ConvS16Params, pixels: number, rereads: boolean): number {
  const walk = walkOf({ ...p, groups: 1, in_zero_point: 0 }, pixels);
  return leadOfWalk(inBytes(walk, p.out_bytes), 2 * p.batch * p.in_h * p.in_w * p.in_c, rereads);
}

/** `lead` of a fully connected layer that reads a row again for every few features. */
export function leadOfWideFeatures({ rows, in_features, out_features, out_bytes }: FullyConnectedS16Params): number {
  const walk = Array.from({ length: rows }, (_, row) => ({ first: row * in_features, end: (row + 1) * out_features }));
  return leadOfWalk(inBytes(walk, out_bytes), 2 * rows * in_features, true);
}

/** Whether the windows of a convolution are single pixels. */
export const isPointwise = ({ kernel_h, kernel_w }: Conv2dS16Params): boolean => kernel_h === 1 && kernel_w === 1;

/** Instructions to copy a window. */
export const copyInstructions = ({ kernel_h, kernel_w, in_c }: Conv2dS16Params): number =>
  kernel_h * (60 + (kernel_w * in_c) / 2);
