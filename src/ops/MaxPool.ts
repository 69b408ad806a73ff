import { intAttribute } from "../graph/attributes.js";
import { sharedQuantization } from "../lower/lowering.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import type { Operator } from "./operator.js";
import { inferPool, normalisePool, poolParams } from "./pool.js";

/** ONNX MaxPool-1, -8, -10, -11, -12, -22 without the Indices output. */
export const MaxPool: Operator = {
  name: "MaxPool",
  notes: "1-D and 2-D, dilated, ceil_mode, every padding; without the Indices output",
  quantize: "shared",
  fusesClamp: true,
  infer: (node, [x]) => inferPool(node, x!),
  normalise: (node, build) => normalisePool(node, build, { ceil_mode: intAttribute(node, "ceil_mode", 0) }),

  lowerInt8(node, lowering) {
    const output = sharedQuantization(node, lowering);
    if (!output) return false;
    const { out_min, out_max } = clampInt8(node, output);
    lowering.step(
      node,
      "nn_max_pool2d_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      { ...poolParams(node, lowering), out_min, out_max },
    );
    return true;
  },

  lowerFloat32(node, lowering) {
    lowering.step(
      node,
      "nn_max_pool2d_f32",
      { inputs: [lowering.f32(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "f32")] },
      { ...poolParams(node, lowering), ...clampFloat(node) },
    );
  },
};
