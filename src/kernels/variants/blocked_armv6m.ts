/** Blocking of convolutions, fully connected layers and depthwise convolutions in portable C for armv6m, and what it costs. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

export const forms: readonly BlockedConv[] = [
  // Four sums: there are eight registers to multiply in.
  {
    blocking: { isa: "armv6m", pixels: 1, channels: 4, unroll: 8, biased: true },
    costs: {
      turn: cost(62, 62),
      block: cost(60, 60),
      output: cost(16, 16),
      value: cost(3, 3),
      pixel: cost(80, 80),
    },
  },
];
