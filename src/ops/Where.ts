import { UserError } from "../errors.js";
import type { Node } from "../graph/ir.js";
import { elementBytes, type Form, type Lowering } from "../lower/lowering.js";
import { broadcastShape, broadcastStrides, requireLoops } from "./broadcast.js";
import { sameScale } from "./indexed.js";
import type { Operator } from "./operator.js";

function addStep(node: Node, lowering: Lowering, form: Form): void {
  const [c, a, b] = node.inputs.map((name) => lowering.tensor(name));
  const { shape } = lowering.tensor(node.outputs[0]);
  const strides = [c, a, b].map((operand) => broadcastStrides(operand.shape, shape));
  const loops = requireLoops(node, shape, ...strides);
  lowering.step(
    node,
    "nn_where",
    {
      inputs: [lowering.plain(c.name), lowering[form](a.name), lowering[form](b.name)],
      outputs: [lowering.define(node.outputs[0], form)],
    },
    {
      element_bytes: elementBytes(form, a.type),
      shape: loops.shape,
      c_stride: loops.strides[0],
      a_stride: loops.strides[1],
      b_stride: loops.strides[2],
    },
  );
}

/** ONNX Where-9, -16. */
export const Where: Operator = {
  name: "Where",
  inputs: [3, 3],
  quantize: "shared",
  infer(node, [condition, a, b]) {
    if (condition!.type !== "bool" || a!.type !== b!.type) {
      throw new UserError(
        "E_TYPE",
        `Where node "${node.name}": a ${condition!.type} condition chooses between ${a!.type} and ${b!.type}; it must be bool, and they alike`,
        node.name,
      );
    }
    const chosen = broadcastShape(node, a!.shape, b!.shape);
    return [{ type: a!.type, shape: broadcastShape(node, condition!.shape, chosen) }];
  },
  permute: (node) => node.attributes,
  lowerInt8(node, lowering) {
    if (!sameScale(lowering, [node.inputs[1], node.inputs[2], node.outputs[0]])) return false;
    addStep(node, lowering, "s8");
    return true;
  },
  lowerPlain: (node, lowering) => addStep(node, lowering, "plain"),
};
