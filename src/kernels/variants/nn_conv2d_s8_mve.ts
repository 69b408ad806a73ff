import { tapsBefore } from "../image_params.js";
import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { highWordTables, instructionsPerPair, leadOfWalk, packedDense, type WalkStep } from "./mve.js";

const NAME = "nn_conv2d_s8_mve";

/** The first position inside an axis that a window reads, or Infinity. */
function firstInside(start: number, dilation: number, taps: number, size: number): number {
  const position = start + tapsBefore(-start, dilation, taps) * dilation;
  return position < size && position < start + taps * dilation ? position : Number.POSITIVE_INFINITY;
}

/** Bytes of windows that are worth copying at a time: calls are dearer than that for small windows alone. */
const WINDOW_BYTES = 512;

/** How many windows of a row are copied, and then computed, at a time: an even number, or the row. */
function windowsAtATime(p: Conv2dS8Params): number {
  const even = 2 * Math.max(1, Math.floor(WINDOW_BYTES / (2 * p.kernel_h * p.kernel_w * p.in_c)));
  return Math.min(p.out_w, even);
}

/** The pixels that are computed at a time, in the order of the C function. */
function steps(p: Conv2dS8Params): WalkStep[] {
  const windows = windowsAtATime(p);
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

/** Within 15 % of what was measured on the layers of the MLPerf Tiny models. */
function instructionsOf(p: Conv2dS8Params): number {
  const rows = p.batch * p.out_h;
  const windows = windowsAtATime(p);
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
  const perPair = instructionsPerPair(p.kernel_h * run, p.out_c);
  const border = p.out_h * p.out_w - whole;
  return Math.round(100 + rows * (30 + calls * 90 + pairs * perPair) + p.batch * (whole * copied + border * padded));
}

/**
 * Convolution without groups: windows are copied, padding included, then VMLADAVA on 16 values, two pixels times four
 * channels; 16 instructions per 128 products.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "mve",
  codeBytes: 1680,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left in_zero_point out_zero_point out_min out_max windows",
    ),
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params, constants }) {
    const { groups, ...p } = params;
    if (groups !== 1) return "it takes no groups";
    if (p.out_c > 65532) return "more than 65532 channels";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const terms = p.kernel_h * p.kernel_w * p.in_c;
    const walk = steps(params);
    const instructions = instructionsOf(params);
    return {
      kernel: NAME,
      params: { ...p, windows: windowsAtATime(params) },
      constants: { packed: packedDense(tables) },
      scratchBytes: windowsAtATime(params) * terms,
      lead: leadOfWalk(walk, p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
