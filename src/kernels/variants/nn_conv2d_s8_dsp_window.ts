import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant } from "../variant.js";
import { functionsOf, implementDense, type Layout, pixelsOf, shuffledPairs } from "./conv2d_s8_dsp.js";

/** Pairs of taps per turn of the inner loop. */
const UNROLLED = 16;

const layout: Layout = {
  unrolled: UNROLLED,
  ring: false,
  name: "nn_conv2d_s8_dsp_window",
  runs(p) {
    const taps = p.dilation_w === 1 ? p.kernel_w : 1;
    return { length: taps * p.in_c, count: (p.kernel_h * p.kernel_w) / taps };
  },
  pairs: (_, length) => shuffledPairs(length),
  scratchBytes: (p, steps) => 8 * steps + (p.in_c % 4 === 0 ? 0 : layout.runs(p).length),
  lead: leadOfPairs,
  /** Within 7 % of the cycles and 9 % of the instructions of 23 measured layers; all but 1-channel inputs within 4 %. */
  cost(p, steps) {
    const pairs = Math.ceil(pixelsOf(p) / 2);
    const blocks = Math.ceil(p.out_c / 4);
    const loops = Math.ceil((steps - 1) / UNROLLED);
    const { count } = layout.runs(p);
    // Without padding and steps the pixels of a pointwise convolution are widened one after the other.
    const rows = steps * 2 <= p.in_c + 3 && pixelsOf(p) === p.batch * p.in_h * p.in_w ? 0 : count;
    const odd = p.in_c % 4 === 0 ? 0 : rows;
    const last = p.out_c % 4 === 0 ? 0 : 1;
    return {
      cycles: pairs * (blocks * (17 * steps + 6 * loops + 51) + 8.6 * steps + 157 * rows + 26 * odd + 80 * last + 168),
      instructions:
        pairs * (blocks * (11 * steps + 3 * loops + 36) + 6.9 * steps + 104 * rows + 12 * odd + 50 * last + 70),
    };
  },
};

/**
 * How many bytes before the input the output may start: pixels are written in pairs, when the windows of both have been
 * read. Every pair must end before the first byte that a later window reads.
 */
function leadOfPairs(p: Conv2dS8Params): number {
  /** The first tap inside an axis, as a position, or the size of the axis when all taps lie in the padding. */
  const firstInside = (start: number, dilation: number, taps: number, size: number) => {
    const tap = start < 0 ? Math.ceil(-start / dilation) : 0;
    return tap < taps && start + tap * dilation < size ? start + tap * dilation : size;
  };
  const columns = Array.from({ length: p.out_w }, (_, ox) =>
    firstInside(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w),
  );
  const rows = Array.from({ length: p.out_h }, (_, oy) =>
    firstInside(oy * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h),
  );
  let lead = Number.NEGATIVE_INFINITY;
  let unread = Number.POSITIVE_INFINITY;
  let pixel = pixelsOf(p);
  for (let n = p.batch - 1; n >= 0; n--) {
    for (let oy = p.out_h - 1; oy >= 0; oy--) {
      for (let ox = p.out_w - 1; ox >= 0; ox--) {
        // Here `unread` is the first byte that pixels from `pixel` on read.
        if (pixel % 2 === 0) lead = Math.max(lead, pixel * p.out_c - unread);
        pixel--;
        if (rows[oy] < p.in_h && columns[ox] < p.in_w) {
          unread = Math.min(unread, ((n * p.in_h + rows[oy]) * p.in_w + columns[ox]) * p.in_c);
        }
      }
    }
  }
  return lead;
}

/**
 * Convolution with one group by SMLAD on weights of 16 bits. The windows of two pixels are widened, then each block of
 * four channels is one run over them: eight sums in registers, 11 instructions per 16 products. Little scratch.
 */
export default defineVariant<Conv2dS8Params>({
  name: layout.name,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: 2650,
  find: (() => {
    const functions = functionsOf(layout);
    return (name: string) => functions.get(name);
  })(),
  implement(call) {
    return call.params.groups === 1 ? implementDense(layout, call) : "it takes no groups";
  },
});
