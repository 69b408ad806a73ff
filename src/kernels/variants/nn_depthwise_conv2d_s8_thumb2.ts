import { type Cost, defineVariant } from "../variant.js";
import { depthwiseVariant } from "./depthwise_conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 5 % of what was measured on the layers of the MLPerf Tiny models. */
export default defineVariant(
  depthwiseVariant(
    { isa: "thumb2", pixels: 2, channels: 4, biased: false },
    {
      three: {
        tap: cost(38, 22),
        block: cost(187, 161),
        wide: cost(0, 0),
        byte: cost(10.4, 6.4),
      },
      any: {
        tap: cost(45, 26),
        block: cost(190, 160),
        wide: cost(0, 0),
        byte: cost(7.2, 4.3),
      },
    },
    1000,
  ),
);
