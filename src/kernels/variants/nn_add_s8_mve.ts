import { BROADCAST_FIELDS } from "../broadcast_params.js";
import { int32Fields } from "../kernel.js";
import type { AddS8Params } from "../nn_add_s8.js";
import { defineVariant, only } from "../variant.js";

const NAME = "nn_add_s8_mve";

/** Four elements at a time, the terms of both zero points in one. Sums are those of the plain kernel, modulo 2^32. */
export default defineVariant<AddS8Params>({
  name: NAME,
  of: "nn_add_s8",
  isa: "mve",
  codeBytes: 550,
  find: only({
    name: NAME,
    inputs: 2,
    outputs: 1,
    params: [
      ...BROADCAST_FIELDS,
      ...int32Fields("a_multiplier b_multiplier addend shift out_zero_point out_min out_max"),
    ],
    constants: [],
    inPlace: [
      [0, 0],
      [1, 0],
    ],
  }),
  implement({ params }) {
    const { a_zero_point, b_zero_point, ...p } = params;
    const [a, b] = [p.a_stride[5], p.b_stride[5]];
    if (p.shape[5] > 1 && (a > 1 || b > 1)) return "elements of a row are not neighbours";
    const addend = -a_zero_point * p.a_multiplier - b_zero_point * p.b_multiplier;
    const rows = p.shape.slice(0, 5).reduce((x, y) => x * y, 1);
    // Within 5 % of what was measured on rows of 16 elements and more.
    const groups = Math.ceil(p.shape[5] / 4);
    const instructions = Math.round(60 + rows * (70 + groups * (a === 1 && b === 1 ? 10 : 22)));
    return {
      kernel: NAME,
      params: { ...p, addend: addend | 0 },
      constants: {},
      scratchBytes: 0,
      cost: { cycles: instructions, instructions },
    };
  },
});
