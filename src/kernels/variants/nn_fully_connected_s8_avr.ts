import { CHANNEL_TABLES } from "../image_params.js";
import plain, { type FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import { defineVariant, only } from "../variant.js";
import { avrCost, avrTables, fitsInt16 } from "./avr_layers.js";

const NAME = "nn_fully_connected_s8_avr";

/** Fully connected layer by MULS, one product after the other. */
export default defineVariant<FullyConnectedS8Params>({
  name: NAME,
  of: "nn_fully_connected_s8",
  isa: "avr",
  codeBytes: 1050,
  find: only({ name: NAME, inputs: 1, outputs: 1, params: plain.params, constants: CHANNEL_TABLES, inPlace: [] }),
  implement(call) {
    const p = call.params;
    if (!fitsInt16(p.in_features, p.out_features)) return "its sizes exceed int16";
    const constants = avrTables(call);
    if (typeof constants === "string") return constants;
    const results = p.rows * p.out_features;
    return {
      ...{ kernel: NAME, params: p, constants, scratchBytes: 0 },
      cost: avrCost({ products: results * p.in_features, runs: results, results }),
    };
  },
});
