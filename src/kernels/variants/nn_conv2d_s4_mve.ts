import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { instructionsOf, mveConvolution, walkOf, windowsAtATime } from "./conv2d_mve.js";
import { chunksOf, highWordTables, instructionsPerPair, leadOfWalk, packedDense, TABLE_BYTES } from "./mve.js";
import { pairedNibbles, tooWide } from "./nibbles.js";

const NAME = "nn_conv2d_s4_mve";

/** Bytes of windows that share the weights of a block once it is unpacked. */
const WINDOW_BYTES = 4096;
/** Instructions around a call of the inner loop. */
const CALL = 40;

/**
 * nn_conv2d_s8_mve with weights of four bits in flash: a block of four channels is unpacked into the scratch for some
 * windows of a row.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "mve",
  codeBytes: 1900,
  find: only(mveConvolution(NAME, true)),
  implement({ params, constants }) {
    const { groups, ...p } = params;
    if (groups !== 1) return "it takes no groups";
    const wide = tooWide(constants);
    if (wide) return wide;
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const terms = p.kernel_h * p.kernel_w * p.in_c;
    const chunks = chunksOf(terms);
    const windows = windowsAtATime(params, WINDOW_BYTES);
    const blocks = Math.ceil(p.out_c / 4);
    const turns = p.batch * p.out_h * Math.ceil(p.out_w / windows);
    const perPair = blocks * (instructionsPerPair(terms, 4) + CALL);
    const instructions = instructionsOf(params, windows, perPair) + turns * blocks * (16 * chunks + 30);
    return {
      kernel: NAME,
      params: { ...p, windows },
      constants: { packed: pairedNibbles(packedDense(tables), 64 * chunks, TABLE_BYTES) },
      scratchBytes: 64 * chunks + TABLE_BYTES + windows * terms,
      // The windows are copied before anything is written.
      lead: leadOfWalk(walkOf(params, windows), p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
