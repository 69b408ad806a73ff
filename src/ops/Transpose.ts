import { UserError } from "../errors.js";
import { intsAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { strides } from "../graph/ir.js";
import { elementBytes, type Form, type Lowering, sharedForm } from "../lower/lowering.js";
import { requireLoops } from "./broadcast.js";
import type { Operator } from "./operator.js";
import { transposeData } from "./transpose_data.js";

export const permOf = (node: Node) => intsAttribute(node, "perm")!;

function addStep(node: Node, lowering: Lowering, form: Form): void {
  const { type, shape } = lowering.tensor(node.inputs[0]);
  const perm = permOf(node);
  const own = strides(shape);
  const loops = requireLoops(
    node,
    perm.map((axis) => shape[axis]),
    perm.map((axis) => own[axis]),
  );
  lowering.step(
    node,
    "nn_transpose",
    { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
    {
      element_bytes: elementBytes(form, type),
      shape: loops.shape,
      in_stride: loops.strides[0],
    },
  );
}

/** ONNX Transpose-1 to -23. */
export const Transpose: Operator = {
  name: "Transpose",
  notes: "up to 6 separate axes; removed wherever the layout can absorb it",
  quantize: "shared",
  infer: (node, [x]) => [{ type: x!.type, shape: permOf(node).map((axis) => x!.shape[axis]) }],
  fold: (node, [x]) => [transposeData(x.data!, x.type, x.shape, permOf(node))],

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const perm = intsAttribute(node, "perm") ?? x.shape.map((_, i) => rank - 1 - i);
    if (perm.length !== rank || x.shape.some((_, axis) => !perm.includes(axis))) {
      throw new UserError(
        "E_SHAPE",
        `Transpose node "${node.name}": perm [${perm}] does not fit [${x.shape}]`,
        node.name,
      );
    }
    build.add(node, "Transpose", [x.name], { perm }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const shared = sharedForm(node, lowering);
    if (!shared) return false;
    addStep(node, lowering, shared.form);
    return true;
  },
  lowerPlain: (node, lowering) => addStep(node, lowering, "plain"),
};
