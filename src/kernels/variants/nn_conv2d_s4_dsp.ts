import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant } from "../variant.js";
import { functionsOf, implementDense, type Layout } from "./conv2d_s8_dsp.js";
import { tooWide } from "./nibbles.js";
import { ringLayout } from "./nn_conv2d_s8_dsp_ring.js";

/** Instructions and cycles to unpack eight weights. */
const UNPACK = 17;
const UNPACK_CYCLES = 19;

const layout: Layout = {
  ...ringLayout,
  name: "nn_conv2d_s4_dsp",
  nibbles: true,
  scratchBytes: (p, steps) => ringLayout.scratchBytes(p, steps) + 16 * (steps + 2),
  cost(p, steps) {
    const { cycles, instructions } = ringLayout.cost(p, steps);
    const blocks = (p.batch * p.out_h * p.out_c) / 4;
    return {
      cycles: cycles + blocks * (UNPACK_CYCLES * steps + 180),
      instructions: instructions + blocks * (UNPACK * steps + 140),
    };
  },
};

/**
 * nn_conv2d_s8_dsp_ring with weights of four bits in flash: a block of four channels is unpacked into the scratch, then
 * serves a whole row of the output.
 */
export default defineVariant<Conv2dS8Params>({
  name: layout.name,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: 2950,
  find: (() => {
    const functions = functionsOf(layout);
    return (name: string) => functions.get(name);
  })(),
  implement(call) {
    const { groups, dilation_w, kernel_w, out_c } = call.params;
    if (groups !== 1) return "it takes no groups";
    if (dilation_w !== 1 && kernel_w > 1) return "it takes no dilated columns";
    if (out_c % 4 !== 0) return "it takes multiples of four channels";
    return tooWide(call.constants) ?? implementDense(layout, call);
  },
});
