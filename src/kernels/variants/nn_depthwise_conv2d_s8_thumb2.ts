import { defineVariant } from "../variant.js";
import { depthwiseVariant } from "./depthwise_conv2d_s8_blocked.js";

const cost = (cycles: number, instructions: number) => ({ cycles, instructions });

export default defineVariant(
  depthwiseVariant(
    { isa: "thumb2", pixels: 2, channels: 4, biased: false },
    { tap: cost(32, 32), row: cost(6, 6), block: cost(60, 60), output: cost(16, 16), byte: cost(2, 2) },
    1000,
  ),
);
