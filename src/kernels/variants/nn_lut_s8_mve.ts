import plain from "../nn_lut_s8.js";
import { defineVariant, only } from "../variant.js";

const NAME = "nn_lut_s8_mve";

/** Sixteen lookups by one gather. */
export default defineVariant<{ count: number }>({
  name: NAME,
  of: "nn_lut_s8",
  isa: "mve",
  codeBytes: 50,
  find: only({ ...plain, name: NAME }),
  implement({ params, constants: { table } }) {
    if (params.count === 0) return "there is nothing to look up";
    const instructions = 17 + 5 * Math.ceil(params.count / 16);
    return {
      kernel: NAME,
      params,
      constants: { table },
      scratchBytes: 0,
      lead: 0,
      cost: { cycles: instructions, instructions },
    };
  },
});
