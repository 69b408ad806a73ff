/** What the convolutions for MVE share, with weights of eight and of four bits: windows of a row are copied, then multiplied. */
import { tapsBefore } from "../image_params.js";
import { type CFunction, int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import type { WalkStep } from "./mve.js";

/** The first position inside an axis that a window reads, or Infinity. */
function firstInside(start: number, dilation: number, taps: number, size: number): number {
  const position = start + tapsBefore(-start, dilation, taps) * dilation;
  return position < size && position < start + taps * dilation ? position : Number.POSITIVE_INFINITY;
}

/** How many windows of a row are copied, and then computed, at a time: an even number of about `bytes`, or the row. */
export function windowsAtATime(p: Conv2dS8Params, bytes: number): number {
  const even = 2 * Math.max(1, Math.floor(bytes / (2 * p.kernel_h * p.kernel_w * p.in_c)));
  return Math.min(p.out_w, even);
}

/** The pixels that are computed at a time, in the order of the C function. */
export function walkOf(p: Conv2dS8Params, windows: number): WalkStep[] {
  const result: WalkStep[] = [];
  for (let row = 0; row < p.batch * p.out_h; row++) {
    const n = Math.floor(row / p.out_h);
    const y = firstInside((row % p.out_h) * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
    const x = (ox: number) => firstInside(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w);
    for (let ox = 0; ox < p.out_w; ox += windows) {
      const columns = Array.from({ length: Math.min(windows, p.out_w - ox) }, (_, i) => x(ox + i));
      result.push({
        first: ((n * p.in_h + y) * p.in_w + Math.min(...columns)) * p.in_c,
        end: (row * p.out_w + ox + columns.length) * p.out_c,
      });
    }
  }
  return result;
}

/** How many windows lie inside an axis altogether. */
const wholeWindows = (outputs: number, start: (output: number) => number, span: number, size: number) =>
  Array.from({ length: outputs }, (_, output) => start(output)).filter((at) => at >= 0 && at + span <= size).length;

/**
 * Instructions of a call. Within 15 % of what was measured on the layers of the MLPerf Tiny models.
 * @param perPair of the products of two pixels
 */
export function instructionsOf(p: Conv2dS8Params, windows: number, perPair: number): number {
  const rows = p.batch * p.out_h;
  const odd = Math.floor(p.out_w / windows) * (windows % 2) + ((p.out_w % windows) % 2);
  const calls = Math.ceil(p.out_w / windows) + odd;
  const pairs = (p.out_w + odd) / 2;
  const whole =
    p.dilation_w > 1
      ? 0
      : wholeWindows(p.out_h, (y) => y * p.stride_h - p.pad_top, (p.kernel_h - 1) * p.dilation_h + 1, p.in_h) *
        wholeWindows(p.out_w, (x) => x * p.stride_w - p.pad_left, p.kernel_w, p.in_w);
  const run = p.kernel_w * p.in_c;
  const copied = 22 + p.kernel_h * (run <= 16 ? 6 : 9 + 3 * Math.ceil(run / 16));
  const pieces = p.dilation_w > 1 ? p.kernel_w : 3;
  const padded = 60 + p.kernel_h * pieces * (15 + 3 * Math.ceil(run / pieces / 16));
  const border = p.out_h * p.out_w - whole;
  return Math.round(100 + rows * (30 + calls * 90 + pairs * perPair) + p.batch * (whole * copied + border * padded));
}

/** The C function, printed from templates/kernels/conv2d_mve. */
export const mveConvolution = (name: string, nibbles: boolean): CFunction => ({
  name,
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left in_zero_point out_zero_point out_min out_max windows",
  ),
  constants: [{ name: "packed", type: "int32" }],
  inPlace: [],
  template: { name: "conv2d_mve", view: { name, upper: name.toUpperCase(), nibbles } },
});
