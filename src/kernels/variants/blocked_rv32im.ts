/** Convolutions and fully connected layers in portable C for rv32im: how many sums stay in registers, and what they cost. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 5 % of what was measured on the layers of the MLPerf Tiny models. */
export const forms: readonly BlockedConv[] = [
  // Sixteen sums, four values and a weight in 28 registers.
  {
    blocking: { isa: "rv32im", pixels: 4, channels: 4, unroll: 4, biased: false },
    costs: {
      turn: cost(346, 173),
      block: cost(420, 239),
      wide: cost(0, 0),
      value: cost(6, 3.7),
      pixel: cost(278, 152),
    },
  },
  // For single pixels.
  {
    blocking: { isa: "rv32im", pixels: 1, channels: 8, unroll: 4, biased: false },
    costs: {
      turn: cost(205, 103),
      block: cost(304, 181),
      wide: cost(0, 0),
      value: cost(6.3, 3.2),
      pixel: cost(380, 223),
    },
  },
];
