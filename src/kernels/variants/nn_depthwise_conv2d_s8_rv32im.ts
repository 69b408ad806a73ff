import { type Cost, defineVariant } from "../variant.js";
import { depthwiseVariant } from "./depthwise_conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 5 % of what was measured on the layers of the MLPerf Tiny models. */
export default defineVariant(
  depthwiseVariant(
    { isa: "rv32im", pixels: 3, channels: 4, biased: false },
    {
      three: {
        tap: cost(75, 41),
        block: cost(200, 101),
        wide: cost(0, 0),
        byte: cost(15, 8.5),
      },
      any: {
        tap: cost(91, 48),
        block: cost(200, 100),
        wide: cost(0, 0),
        byte: cost(5.5, 3.6),
      },
    },
    1300,
  ),
);
