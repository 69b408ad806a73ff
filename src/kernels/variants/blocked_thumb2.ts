/** Blocking of convolutions, fully connected layers and depthwise convolutions in portable C for thumb2, and what it costs. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

export const forms: readonly BlockedConv[] = [
  // Eight sums, two values and a weight in 14 registers.
  {
    blocking: { isa: "thumb2", pixels: 2, channels: 4, unroll: 4, biased: false },
    costs: {
      turn: cost(62, 62),
      block: cost(60, 60),
      output: cost(16, 16),
      value: cost(3, 3),
      pixel: cost(80, 80),
    },
  },
  // For single pixels.
  {
    blocking: { isa: "thumb2", pixels: 1, channels: 8, unroll: 4, biased: false },
    costs: {
      turn: cost(72, 72),
      block: cost(60, 60),
      output: cost(16, 16),
      value: cost(3, 3),
      pixel: cost(80, 80),
    },
  },
];
