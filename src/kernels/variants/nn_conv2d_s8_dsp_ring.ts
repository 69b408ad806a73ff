import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { type Cost, defineVariant } from "../variant.js";
import { functionsOf, implementDense, type Layout, orderedPairs, shuffledPairs } from "./conv2d_s8_dsp.js";

/** Rows that the ring holds, and words of one. */
export function ringOf(p: Conv2dS8Params) {
  const lastEven = p.out_w - 1 - ((p.out_w - 1) % 2);
  return {
    slots: (p.kernel_h - 1) * p.dilation_h + 1,
    words: lastEven * p.stride_w * p.in_c + 2 * Math.ceil((p.kernel_w * p.in_c) / 2),
  };
}

/** To bring the rows of the input into the ring. */
export function wideningCost(p: Conv2dS8Params): Cost {
  // A call widens the rows under its first window too, so that calls on bands widen rows again.
  const { slots } = ringOf(p);
  const rows = Math.min(p.in_h, (p.out_h - 1) * Math.min(p.stride_h, slots) + slots);
  const values = p.batch * rows * p.in_w * p.in_c;
  if (p.in_c % 4 === 0) return { instructions: 2.3 * values, cycles: 3 * values };
  // Both pixels of a pair find a value in the same half of a word, or not.
  return (p.stride_w * p.in_c) % 2 === 0
    ? { instructions: 2.75 * values, cycles: 3.9 * values }
    : { instructions: 5.7 * values, cycles: 7.1 * values };
}

/** Pairs of taps per turn of the inner loop: more than for windows, because a run is a row of the kernel. */
const UNROLLED = 24;

export const ringLayout: Layout = {
  unrolled: UNROLLED,
  ring: true,
  name: "nn_conv2d_s8_dsp_ring",
  runs: (p) => ({ length: p.kernel_w * p.in_c, count: p.kernel_h }),
  pairs: (p, length) => (p.in_c % 4 === 0 ? shuffledPairs(length) : orderedPairs(length)),
  scratchBytes(p) {
    const { slots, words } = ringOf(p);
    return 8 * (p.kernel_h + 1) + 4 * slots * words;
  },
  lead: leadOfRows,
  /** Within 5 % of the cycles and 6 % of the instructions of 23 measured layers. */
  cost(p, steps) {
    const pairs = p.batch * p.out_h * Math.ceil(p.out_w / 2);
    const blocks = Math.ceil(p.out_c / 4);
    const rows = p.kernel_h;
    const loops = rows * Math.ceil(steps / rows / UNROLLED);
    const widening = wideningCost(p);
    // What is left of the channels is a call of its own, pair by pair.
    const last = p.out_c % 4 === 0 ? 0 : 1;
    return {
      cycles:
        pairs * (blocks * (17 * steps + 7 * loops + 5.8 * rows + 60) + 18.9 * rows + 160 * last + 2) + widening.cycles,
      instructions:
        pairs * (blocks * (11 * steps + 4 * loops + 4.6 * rows + 42) + 9.5 * rows + 90 * last + 2) +
        widening.instructions,
    };
  },
};

/**
 * How many bytes before the input the output may start: when a row of the output is written, the input rows under it
 * are in the ring. Every row must end before the first byte of the row that is widened next.
 */
function leadOfRows(p: Conv2dS8Params): number {
  const { slots } = ringOf(p);
  let lead = Number.NEGATIVE_INFINITY;
  let unread = Number.POSITIVE_INFINITY;
  for (let n = p.batch - 1; n >= 0; n--) {
    for (let oy = p.out_h - 1; oy >= 0; oy--) {
      lead = Math.max(lead, (n * p.out_h + oy + 1) * p.out_w * p.out_c - unread);
      const top = oy * p.stride_h - p.pad_top;
      const widened = oy > 0 ? top - p.stride_h + slots : 0;
      const first = Math.max(0, top, widened);
      if (first < Math.min(p.in_h, top + slots)) unread = (n * p.in_h + first) * p.in_w * p.in_c;
    }
  }
  return lead;
}

/**
 * Convolution with one group by SMLAD on weights of 16 bits. Every input row is widened once, into a ring of the rows
 * under the kernel, for two pixels at a time; each block of four channels is a run over every row: eight sums in
 * registers, 11 instructions per 16 products. The fastest, and the output may follow close behind the input.
 */
export default defineVariant<Conv2dS8Params>({
  name: ringLayout.name,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: 2950,
  find: (() => {
    const functions = functionsOf(ringLayout);
    return (name: string) => functions.get(name);
  })(),
  implement(call) {
    const { groups, dilation_w, kernel_w } = call.params;
    if (groups !== 1) return "it takes no groups";
    if (dilation_w !== 1 && kernel_w > 1) return "it takes no dilated columns";
    return implementDense(ringLayout, call);
  },
});
