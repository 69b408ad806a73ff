import { BROADCAST_FIELDS } from "../broadcast_params.js";
import { int32Fields } from "../kernel.js";
import type { AddS8Params } from "../nn_add_s8.js";
import { defineVariant, only } from "../variant.js";
import { rowCost, rowsRefused } from "./binary_rows.js";

const NAME = "nn_add_s8_dsp";

/** Four elements at a time, all additive terms in one. */
export default defineVariant<AddS8Params>({
  name: NAME,
  of: "nn_add_s8",
  isa: "dsp",
  codeBytes: 912,
  find: only({
    name: NAME,
    inputs: 2,
    outputs: 1,
    params: [...BROADCAST_FIELDS, ...int32Fields("a_multiplier b_multiplier addend shift out_min out_max")],
    constants: [],
    inPlace: [
      [0, 0],
      [1, 0],
    ],
  }),
  implement({ params: p }) {
    const refused = rowsRefused(p);
    if (refused) return refused;
    const a = Math.abs(p.a_multiplier);
    const b = Math.abs(p.b_multiplier);
    if (Math.max(a, b) >= 2 ** 23) return "a multiplier of more than 23 bits";
    if (p.shift < 16) return `a shift of ${p.shift}`;
    const addend =
      p.out_zero_point * 2 ** p.shift +
      2 ** (p.shift - 1) -
      p.a_zero_point * p.a_multiplier -
      p.b_zero_point * p.b_multiplier;
    if (Math.abs(addend) + 128 * (a + b) >= 2 ** 31) return "sums with the zero point exceed int32";
    const { shape, a_stride, b_stride, shift, out_min, out_max } = p;
    return {
      kernel: NAME,
      params: {
        ...{ shape, a_stride, b_stride, a_multiplier: 256 * p.a_multiplier, b_multiplier: 256 * p.b_multiplier },
        ...{ addend, shift, out_min, out_max },
      },
      constants: {},
      scratchBytes: 0,
      cost: rowCost(p, { instructions: 29, cycles: 34 }),
    };
  },
});
