import plain from "../nn_lut_s8.js";
import { defineVariant, only } from "../variant.js";

const NAME = "nn_lut_s8_thumb2";

/** Four elements at a time, the table in the order of unsigned bytes. */
export default defineVariant<{ count: number }>({
  name: NAME,
  of: "nn_lut_s8",
  isa: "thumb2",
  codeBytes: 124,
  find: only({ ...plain, name: NAME }),
  implement({ params: p, constants }) {
    const table = Int8Array.from({ length: 256 }, (_, byte) => Number(constants.table[(byte + 128) & 255]));
    const groups = Math.floor(p.count / 4);
    const single = p.count % 4;
    return {
      kernel: NAME,
      params: p,
      constants: { table },
      scratchBytes: 0,
      lead: 0,
      cost: { instructions: 20 + 17 * groups + 6 * single, cycles: 30 + 22 * groups + 10 * single },
    };
  },
});
