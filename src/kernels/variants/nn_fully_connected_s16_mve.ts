import plain, { type FullyConnectedS16Params } from "../nn_fully_connected_s16.js";
import { defineVariant, only } from "../variant.js";
import { leadOfWideFeatures, needsPlain } from "./int16_layers.js";
import { highWordTables, packedEights } from "./mve.js";

const NAME = "nn_fully_connected_s16_mve";

/** Fully connected layer on int16 values by VMLADAVA, four features at a time. */
export default defineVariant<FullyConnectedS16Params>({
  name: NAME,
  of: plain.name,
  isa: "mve",
  codeBytes: 664,
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
    const perRow = Math.ceil(p.out_features / 4) * (45 + 17 * Math.ceil(p.in_features / 8));
    const instructions = 60 + p.rows * perRow;
    return {
      kernel: NAME,
      params: p,
      constants: { packed: packedEights(tables) },
      scratchBytes: 0,
      lead: leadOfWideFeatures(p),
      cost: { cycles: instructions, instructions },
    };
  },
});
