import { intAttribute } from "../graph/attributes.js";
import { logSoftmaxTable } from "../numerics/log_softmax.js";
import { axisLoops, lastAxes } from "./along_axis.js";
import type { Operator } from "./operator.js";

/** ONNX LogSoftmax-13 along one axis; LogSoftmax-1 and -11 (over all axes from `axis` on) are reshaped to it. */
export const LogSoftmax: Operator = {
  name: "LogSoftmax",
  quantize: "free",
  infer: (_node, [x]) => [{ type: x!.type, shape: x!.shape }],
  permute: (node, perm) => ({ axis: perm[intAttribute(node, "axis", -1)] }),

  normalise(node, build) {
    const { x, axis, shape, flat } = lastAxes(node, build);
    const y = build.add(node, "LogSoftmax", [x], { axis }, flat ? undefined : node.outputs[0]);
    if (flat) build.add(node, "Reshape", [y], { shape }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const input = lowering.quantization(node.inputs[0]);
    const output = lowering.quantization(node.outputs[0]);
    const size = axisLoops(lowering.tensor(node.inputs[0]).shape, intAttribute(node, "axis", -1));
    const form = input && output && logSoftmaxTable(input.scale, size.count, output.scale);
    if (!form) return false;
    const { table, logTop, difference, logarithm, shift } = form;
    lowering.step(
      node,
      "nn_log_softmax_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      { ...size, log_top: logTop, difference, logarithm, shift, out_zero_point: output.zeroPoint },
      { table },
    );
    return true;
  },

  lowerPlain(node, lowering) {
    lowering.step(
      node,
      "nn_log_softmax_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      axisLoops(lowering.tensor(node.inputs[0]).shape, intAttribute(node, "axis", -1)),
    );
  },
};
