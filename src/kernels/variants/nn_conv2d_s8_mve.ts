import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { instructionsOf, mveConvolution, walkOf, windowsAtATime } from "./conv2d_mve.js";
import { highWordTables, instructionsPerPair, leadOfWalk, packedDense } from "./mve.js";

const NAME = "nn_conv2d_s8_mve";

/** Bytes of windows that are worth copying at a time: calls are dearer than that for small windows alone. */
const WINDOW_BYTES = 512;

/**
 * Convolution without groups: windows are copied, padding included, then VMLADAVA on 16 values, two pixels times four
 * channels; 16 instructions per 128 products.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "mve",
  codeBytes: 1680,
  find: only(mveConvolution(NAME, false)),
  implement({ params, constants }) {
    const { groups, ...p } = params;
    if (groups !== 1) return "it takes no groups";
    if (p.out_c > 65532) return "more than 65532 channels";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const terms = p.kernel_h * p.kernel_w * p.in_c;
    const windows = windowsAtATime(params, WINDOW_BYTES);
    const instructions = instructionsOf(params, windows, instructionsPerPair(terms, p.out_c));
    return {
      kernel: NAME,
      params: { ...p, windows },
      constants: { packed: packedDense(tables) },
      scratchBytes: windows * terms,
      lead: leadOfWalk(walkOf(params, windows), p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
