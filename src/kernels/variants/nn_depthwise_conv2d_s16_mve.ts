import plain, { type DepthwiseConv2dS16Params } from "../nn_depthwise_conv2d_s16.js";
import { defineVariant, only } from "../variant.js";
import { leadOfPixels } from "./int16_layers.js";
import { highWordTables, tablesOfFour } from "./mve.js";

const NAME = "nn_depthwise_conv2d_s16_mve";

/** Depthwise convolution of int16 values, four channels at a time. */
export default defineVariant<DepthwiseConv2dS16Params>({
  name: NAME,
  of: plain.name,
  isa: "mve",
  codeBytes: 420,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: [
      { name: "weights", type: "int8" },
      { name: "tables", type: "int32" },
    ],
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    if (p.channel_multiplier !== 1) return "it takes no channel multiplier";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const pixels = p.batch * p.out_h * p.out_w;
    const perFour = p.kernel_h * (8 * p.kernel_w + 16) + 40;
    const instructions = Math.round(100 + pixels * (80 + Math.ceil(p.in_c / 4) * perFour));
    return {
      kernel: NAME,
      params: p,
      constants: { weights: constants.weights, tables: tablesOfFour(tables) },
      scratchBytes: 0,
      lead: leadOfPixels(p, 1, true),
      cost: { cycles: instructions, instructions },
    };
  },
});
