import { UserError } from "../errors.js";
import { intsAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { strides } from "../graph/ir.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import { LOOP_AXES } from "./broadcast.js";
import type { Operator } from "./operator.js";
import { transposeData } from "./transpose_data.js";

export const permOf = (node: Node) => intsAttribute(node, "perm")!;

function addStep(node: Node, lowering: Lowering, form: "s8" | "f32"): void {
  const { shape } = lowering.tensor(node.inputs[0]);
  const perm = permOf(node);
  const own = strides(shape);
  const lead = new Array<number>(LOOP_AXES - perm.length).fill(1);
  lowering.step(
    node,
    "nn_transpose",
    { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
    {
      element_bytes: form === "s8" ? 1 : 4,
      shape: [...lead, ...perm.map((axis) => shape[axis])],
      in_stride: [...lead.map(() => 0), ...perm.map((axis) => own[axis])],
    },
  );
}

/** ONNX Transpose-1 to -23. */
export const Transpose: Operator = {
  name: "Transpose",
  notes: "rank up to 6; removed wherever the layout can absorb it",
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
    if (rank > LOOP_AXES) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `Transpose node "${node.name}" has rank ${rank}; up to ${LOOP_AXES} are supported`,
        node.name,
      );
    }
    build.add(node, "Transpose", [x.name], { perm }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    if (!sharedQuantization(node, lowering)) return false;
    addStep(node, lowering, "s8");
    return true;
  },
  lowerFloat32: (node, lowering) => addStep(node, lowering, "f32"),
};
