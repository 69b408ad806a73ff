import plain, { type Conv2dS16Params } from "../nn_conv2d_s16.js";
import { defineVariant, only } from "../variant.js";
import { copyInstructions, isPointwise, leadOfPixels, needsPlain } from "./int16_layers.js";
import { highWordTables, packedEights } from "./mve.js";

const NAME = "nn_conv2d_s16_mve";

/** Convolution of int16 values by VMLADAVA, four channels at a time. */
export default defineVariant<Conv2dS16Params>({
  name: NAME,
  of: plain.name,
  isa: "mve",
  codeBytes: 944,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const refused = needsPlain(p);
    if (refused) return refused;
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const taps = p.kernel_h * p.kernel_w * p.in_c;
    const pixels = p.batch * p.out_h * p.out_w;
    const perPixel =
      Math.ceil(p.out_c / 4) * (45 + 17 * Math.ceil(taps / 8)) + (isPointwise(p) ? 40 : copyInstructions(p));
    const instructions = Math.round(100 + pixels * perPixel);
    return {
      kernel: NAME,
      params: p,
      constants: { packed: packedEights(tables) },
      scratchBytes: 2 * taps,
      lead: leadOfPixels(p, 1, isPointwise(p)),
      cost: { cycles: instructions, instructions },
    };
  },
});
