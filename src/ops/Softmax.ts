import { intAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { softmaxTable } from "../numerics/softmax.js";
import { axisLoops, lastAxes } from "./along_axis.js";
import type { Operator } from "./operator.js";

function loops(node: Node, lowering: Lowering) {
  return axisLoops(lowering.tensor(node.inputs[0]).shape, intAttribute(node, "axis", -1));
}

/**
 * ONNX Softmax-13 along one axis; Softmax-1 and -11 (over all axes from `axis` on) are reshaped to it.
 */
export const Softmax: Operator = {
  name: "Softmax",
  quantize: { scale: 1 / 256, zeroPoint: -128 },
  infer: (_node, [x]) => [{ type: x!.type, shape: x!.shape }],
  permute: (node, perm) => ({ axis: perm[intAttribute(node, "axis", -1)] }),

  normalise(node, build) {
    const { x, axis, shape, flat } = lastAxes(node, build);
    const y = build.add(node, "Softmax", [x], { axis }, flat ? undefined : node.outputs[0]);
    if (flat) build.add(node, "Reshape", [y], { shape }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const input = lowering.quantization(node.inputs[0]);
    const output = lowering.quantization(node.outputs[0]);
    const size = loops(node, lowering);
    const form = input && output && softmaxTable(input.scale, size.count, output.scale);
    if (!form) return false;
    const { table, numerator, denominatorShift } = form;
    lowering.step(
      node,
      "nn_softmax_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      { ...size, numerator, denominator_shift: denominatorShift, out_zero_point: output.zeroPoint },
      { table },
    );
    return true;
  },

  lowerPlain(node, lowering) {
    lowering.step(
      node,
      "nn_softmax_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      loops(node, lowering),
    );
  },
};
