/** Convolutions and fully connected layers in portable C for armv6m: how many sums stay in registers, and what they cost. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 8 % of what was measured on the layers of the MLPerf Tiny models. */
export const forms: readonly BlockedConv[] = [
  // Four sums, a value, a weight and two pointers: the eight registers that can be multiplied in.
  {
    blocking: { isa: "armv6m", pixels: 1, channels: 4, unroll: 8, biased: true },
    costs: {
      turn: cost(147, 108),
      block: cost(250, 172),
      wide: cost(31, 19),
      value: cost(16.5, 10.4),
      pixel: cost(417, 303),
    },
  },
];
