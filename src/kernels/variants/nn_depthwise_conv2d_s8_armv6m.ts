import { type Cost, defineVariant } from "../variant.js";
import { depthwiseVariant } from "./depthwise_conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number): Cost => ({ cycles, instructions });

/** Costs: within 5 % of what was measured on the layers of the MLPerf Tiny models. */
export default defineVariant(
  depthwiseVariant(
    { isa: "armv6m", pixels: 2, channels: 4, biased: true },
    {
      three: {
        tap: cost(62, 44),
        block: cost(331, 247),
        wide: cost(31, 19),
        byte: cost(13.6, 9.2),
      },
      any: {
        tap: cost(64, 46),
        block: cost(330, 250),
        wide: cost(31, 19),
        byte: cost(11, 7.4),
      },
    },
    1100,
  ),
);
