import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant } from "../variant.js";
import { pixelsOf, shuffledPairs } from "./conv2d_s8_dsp.js";
import { type Form, finderOf, implementUnrolled } from "./conv2d_s8_dsp_unrolled.js";

/** Scratch for the pixels that are widened at a time, and bounds of their number. */
const CHUNK_BYTES = 2048;
const LEAST_PIXELS = 8;
const MOST_PIXELS = 64;

/** Pixels that are widened at a time, an even number. @param steps pairs of channels */
function chunkOf(steps: number): number {
  const pairs = Math.floor(CHUNK_BYTES / (8 * steps));
  return Math.min(MOST_PIXELS, Math.max(LEAST_PIXELS, 2 * pairs));
}

const form: Form = {
  name: "nn_pointwise_conv2d_s8_dsp",
  tag: {
    of: ({ in_c }) => `c${in_c}`,
    pattern: "c([1-9]\\d*)",
    shape: (in_c) => ({ runs: 1, steps: shuffledPairs(in_c).length, in_c }),
  },
  codeBytes: 890,
  runs: (p) => ({ length: p.in_c, count: 1 }),
  pairs: (_, length) => shuffledPairs(length),
  layout(p, { steps }) {
    const chunk = chunkOf(steps);
    const pixels = Math.min(chunk, pixelsOf(p) + (pixelsOf(p) % 2));
    return { scratchBytes: 4 * steps * pixels, extra: { chunk } };
  },
  /** A chunk has been read before it is written: it must end before the first byte of the next. */
  lead(p, { steps }) {
    const chunk = chunkOf(steps);
    const chunks = Math.ceil(pixelsOf(p) / chunk);
    if (chunks === 1) return Number.NEGATIVE_INFINITY;
    const growth = p.out_c - p.in_c;
    return growth > 0 ? (chunks - 1) * chunk * growth : chunk * growth;
  },
  pixelPairs: (p) => Math.ceil(pixelsOf(p) / 2),
  cost(p, { steps }) {
    const pixels = pixelsOf(p);
    const calls = Math.ceil(pixels / chunkOf(steps)) * (p.out_c % 4 === 0 ? 1 : 2) + (pixels % 2);
    const pairs = form.pixelPairs(p);
    return {
      cycles: calls * 120 + pairs * (30 + 7 * steps),
      instructions: calls * 75 + pairs * (24 + 4.8 * steps),
    };
  },
};

/**
 * Convolution of 1x1 by SMLAD on weights of 16 bits, without a loop over the channels: a chunk of pixels is widened, two
 * side by side, then each block of four channels goes over both in straight code.
 */
export default defineVariant<Conv2dS8Params>({
  name: form.name,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: form.codeBytes,
  find: finderOf(form),
  implement(call) {
    const { groups, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, ...p } = call.params;
    if (groups !== 1) return "it takes no groups";
    if (kernel_h !== 1 || kernel_w !== 1) return "the kernel is not 1x1";
    if (stride_h !== 1 || stride_w !== 1) return "the stride is not 1";
    if (pad_top !== 0 || pad_left !== 0 || p.in_h !== p.out_h || p.in_w !== p.out_w) return "it takes no padding";
    return implementUnrolled(form, call);
  },
});
