import plain, { type MeanS8Params } from "../nn_mean_s8.js";
import { type Cost, defineVariant, only } from "../variant.js";

/** A mean over pixels, four channels at a time. */
export const meanDsp = only({
  name: "nn_mean_s8_dsp",
  inputs: 1,
  outputs: 1,
  params: plain.params,
  constants: [],
  inPlace: [],
});

/** Within 10 % of what was measured on images of 16 to 125 pixels and 32 to 64 channels. */
export function meanCost({ outer, count, inner }: Pick<MeanS8Params, "outer" | "count" | "inner">): Cost {
  const groups = outer * Math.floor(inner / 4);
  const single = outer * (inner % 4);
  return {
    instructions: 60 + groups * (144 + 5.04 * count) + single * (30 + 4 * count),
    cycles: 80 + groups * (205 + 7 * count) + single * (40 + 7 * count),
  };
}

export default defineVariant<MeanS8Params>({
  name: "nn_mean_s8_dsp",
  of: "nn_mean_s8",
  isa: "dsp",
  codeBytes: 540,
  find: meanDsp,
  implement: ({ params }) => ({
    kernel: "nn_mean_s8_dsp",
    params,
    constants: {},
    scratchBytes: 0,
    lead: 0,
    cost: meanCost(params),
  }),
});
