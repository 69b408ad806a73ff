import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { defineVariant, only } from "../variant.js";
import { highWordTables, leadOfFeatures, packedChunks, TABLE_BYTES } from "./mve.js";
import { MOST_INPUTS, pairedNibbles, tooWide } from "./nibbles.js";

const NAME = "nn_fully_connected_s4_mve";

const CHUNK = 32;

/** Fully connected layer with weights of four bits: VMLADAVA on 16 of them at a time. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: "mve",
  codeBytes: 420,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: plain.params,
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    const wide = tooWide(constants);
    if (wide) return wide;
    if (p.in_features > MOST_INPUTS) return "its sums leave 28 bits";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const chunks = Math.ceil(p.in_features / CHUNK);
    const firsts = Array.from({ length: chunks }, (_, chunk) => CHUNK * chunk);
    const instructions = 60 + p.rows * (12 + Math.ceil(p.out_features / 4) * (40 + 38 * chunks));
    return {
      kernel: NAME,
      params: p,
      constants: { packed: pairedNibbles(packedChunks(tables, CHUNK, firsts), 4 * CHUNK * chunks, TABLE_BYTES) },
      scratchBytes: 0,
      lead: leadOfFeatures(p),
      cost: { cycles: instructions, instructions },
    };
  },
});
