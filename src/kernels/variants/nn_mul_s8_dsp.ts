import { BROADCAST_FIELDS } from "../broadcast_params.js";
import { int32Fields } from "../kernel.js";
import type { MulS8Params } from "../nn_mul_s8.js";
import { defineVariant, only } from "../variant.js";
import { rowCost, rowsRefused } from "./binary_rows.js";
import { word } from "./depthwise_planes.js";

const NAME = "nn_mul_s8_dsp";

/** Four elements at a time, requantised in three instructions. */
export default defineVariant<MulS8Params>({
  name: NAME,
  of: "nn_mul_s8",
  isa: "dsp",
  codeBytes: 896,
  find: only({
    name: NAME,
    inputs: 2,
    outputs: 1,
    params: [...BROADCAST_FIELDS, ...int32Fields("a_zero b_zero multiplier rounding shift out_min out_max")],
    constants: [],
    inPlace: [
      [0, 0],
      [1, 0],
    ],
  }),
  implement({ params: p }) {
    const refused = rowsRefused(p);
    if (refused) return refused;
    const shift = p.shift - 32;
    // Products stay below 2^16 and their high words below 2^15, so the sum with the rounding fits.
    if (shift < 1 || shift > 22) return `a shift of ${p.shift}`;
    const { shape, a_stride, b_stride, multiplier, out_min, out_max } = p;
    return {
      kernel: NAME,
      params: {
        ...{ shape, a_stride, b_stride },
        a_zero: word(-p.a_zero_point, -p.a_zero_point),
        b_zero: word(-p.b_zero_point, -p.b_zero_point),
        ...{ multiplier, rounding: 2 ** (shift - 1) + p.out_zero_point * 2 ** shift, shift, out_min, out_max },
      },
      constants: {},
      scratchBytes: 0,
      cost: rowCost(p, { instructions: 31, cycles: 36 }),
    };
  },
});
