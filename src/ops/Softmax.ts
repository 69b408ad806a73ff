import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { softmaxTable } from "../numerics/softmax.js";
import type { Operator } from "./operator.js";

function loops(node: Node, lowering: Lowering) {
  const { shape } = lowering.tensor(node.inputs[0]);
  const axis = intAttribute(node, "axis", -1);
  return {
    outer: elementCount(shape.slice(0, axis)),
    count: shape[axis],
    inner: elementCount(shape.slice(axis + 1)),
  };
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
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const axis = normaliseAxis(node, intAttribute(node, "axis", build.opset < 13 ? 1 : -1), rank);
    if (build.opset >= 13 || axis === rank - 1) {
      build.add(node, "Softmax", [x.name], { axis }, node.outputs[0]);
      return;
    }
    const shape = [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))];
    const flat = build.add(node, "Reshape", [x.name], { shape }, undefined, x.quantization);
    const y = build.add(node, "Softmax", [flat], { axis: 1 });
    build.add(node, "Reshape", [y], { shape: x.shape }, node.outputs[0]);
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

  lowerFloat32(node, lowering) {
    lowering.step(
      node,
      "nn_softmax_f32",
      { inputs: [lowering.f32(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "f32")] },
      loops(node, lowering),
    );
  },
};
