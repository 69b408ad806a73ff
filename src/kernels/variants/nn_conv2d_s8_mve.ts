import { tapsBefore } from "../image_params.js";
import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { chunksOf, highWordTables, leadOfWalk, packedDense, type WalkStep } from "./mve.js";

const NAME = "nn_conv2d_s8_mve";

/** The first position inside an axis that a window reads, or Infinity. */
function firstInside(start: number, dilation: number, taps: number, size: number): number {
  const position = start + tapsBefore(-start, dilation, taps) * dilation;
  return position < size && position < start + taps * dilation ? position : Number.POSITIVE_INFINITY;
}

/** Pairs of pixels in the order of the C function, with a single one where a row ends. */
function steps(p: Conv2dS8Params): WalkStep[] {
  const result: WalkStep[] = [];
  for (let row = 0; row < p.batch * p.out_h; row++) {
    const n = Math.floor(row / p.out_h);
    const y = firstInside((row % p.out_h) * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
    const x = (ox: number) => firstInside(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w);
    for (let ox = 0; ox < p.out_w; ox += 2) {
      const last = Math.min(ox + 1, p.out_w - 1);
      result.push({
        first: ((n * p.in_h + y) * p.in_w + Math.min(x(ox), x(last))) * p.in_c,
        end: (row * p.out_w + last + 1) * p.out_c,
      });
    }
  }
  return result;
}

/**
 * Convolution without groups: the windows of two pixels are copied, padding included, then VMLADAVA on 16 values, two
 * pixels times four channels; 16 instructions per 128 products.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "mve",
  codeBytes: 1320,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left in_zero_point out_zero_point out_min out_max",
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
    const chunks = chunksOf(terms);
    const walk = steps(params);
    const blocks = Math.ceil(p.out_c / 4);
    const runBytes = p.kernel_w * p.in_c;
    const copies = 2 * (40 + p.kernel_h * (14 + 3 * Math.ceil(runBytes / 16)));
    const instructions = walk.length * (90 + copies + blocks * (chunks === 1 ? 35 : 40 + 16 * (chunks - 1)));
    return {
      kernel: NAME,
      params: p,
      constants: { packed: packedDense(tables) },
      scratchBytes: 2 * terms,
      lead: leadOfWalk(walk, p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
