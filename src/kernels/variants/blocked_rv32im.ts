/** Blocking of convolutions, fully connected layers and depthwise convolutions in portable C for rv32im, and what it costs. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

export const forms: readonly BlockedConv[] = [
  // Sixteen sums, four values and a weight in 28 registers.
  {
    blocking: { isa: "rv32im", pixels: 4, channels: 4, unroll: 4, biased: false },
    costs: {
      turn: cost(85, 85),
      block: cost(60, 60),
      output: cost(16, 16),
      value: cost(3, 3),
      pixel: cost(80, 80),
    },
  },
  // For single pixels.
  {
    blocking: { isa: "rv32im", pixels: 1, channels: 8, unroll: 4, biased: false },
    costs: {
      turn: cost(104, 104),
      block: cost(60, 60),
      output: cost(16, 16),
      value: cost(3, 3),
      pixel: cost(80, 80),
    },
  },
];
