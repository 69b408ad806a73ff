/** Convolutions and fully connected layers in portable C for thumb2: how many sums stay in registers, and what they cost. */
import type { Cost } from "../variant.js";
import type { BlockedConv } from "./conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 7 % of what was measured on the layers of the MLPerf Tiny models. */
export const forms: readonly BlockedConv[] = [
  // Eight sums, two values and a weight in 14 registers.
  {
    blocking: { isa: "thumb2", pixels: 2, channels: 4, unroll: 4, biased: false },
    costs: {
      turn: cost(113, 62),
      block: cost(211, 155),
      wide: cost(0, 0),
      value: cost(3.2, 3.4),
      pixel: cost(321, 210),
    },
  },
  // For single pixels.
  {
    blocking: { isa: "thumb2", pixels: 1, channels: 4, unroll: 8, biased: false },
    costs: {
      turn: cost(132, 76),
      block: cost(175, 109),
      wide: cost(0, 0),
      value: cost(5.1, 2.9),
      pixel: cost(388, 282),
    },
  },
];
