import { intAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { averagePoolCounts } from "../kernels/nn_average_pool2d_s8.js";
import type { Lowering } from "../lower/lowering.js";
import { clampFloat } from "./clamp.js";
import { windowOf } from "./geometry.js";
import { integerMean } from "./integer_mean.js";
import type { Operator } from "./operator.js";
import { inferPool, normalisePool, poolParams } from "./pool.js";

function params(node: Node, lowering: Lowering) {
  const { pads } = windowOf(node, 2);
  return {
    ...poolParams(node, lowering),
    pad_bottom: pads[2],
    pad_right: pads[3],
    count_include_pad: intAttribute(node, "count_include_pad", 0),
  };
}

/** ONNX AveragePool-1, -7, -10, -11, -19, -22. */
export const AveragePool: Operator = {
  name: "AveragePool",
  notes: "1-D to 3-D, dilated, ceil_mode, count_include_pad, every padding",
  quantize: "free",
  fusesClamp: true,
  infer: (node, [x]) => inferPool(node, x!),
  normalise: (node, build) =>
    normalisePool(node, build, {
      ceil_mode: intAttribute(node, "ceil_mode", 0),
      count_include_pad: intAttribute(node, "count_include_pad", 0),
    }),

  lowerInt8(node, lowering) {
    const window = params(node, lowering);
    const counts = averagePoolCounts(window);
    const mean = integerMean(node, lowering, counts.max);
    if (!mean) return false;
    const tables = {
      multiplier: new Int32Array(counts.max - counts.min + 1),
      shift: new Uint8Array(counts.max - counts.min + 1),
    };
    for (let count = counts.min; count <= counts.max; count++) {
      const fixed = mean.multiplier(Math.max(1, count));
      tables.multiplier[count - counts.min] = fixed.multiplier;
      tables.shift[count - counts.min] = fixed.shift;
    }
    const own = { ...window, ...mean.params, min_count: counts.min };
    lowering.step(node, `nn_average_pool2d_${mean.form}`, mean.io(), own, tables);
    return true;
  },

  lowerPlain(node, lowering) {
    lowering.step(
      node,
      "nn_average_pool2d_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...params(node, lowering), ...clampFloat(node) },
    );
  },
};
