import { elementCount } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { refuseShape } from "./rewrite.js";

/** ONNX Det-11, -22: determinants of the matrices in the last two axes. */
export const Det: Operator = {
  name: "Det",
  notes: "any size; float32 in int8 models",
  infer(node, [x]) {
    const { type, shape } = x!;
    const [rows, columns] = shape.slice(-2);
    if (type !== "float32" || shape.length < 2 || rows !== columns) {
      refuseShape(node, `${type} values of shape [${shape}] are no square matrices of reals`);
    }
    return [{ type, shape: shape.slice(0, -2) }];
  },
  lowerPlain(node, lowering) {
    const { shape } = lowering.tensor(node.inputs[0]);
    const size = shape[shape.length - 1];
    const count = elementCount(shape.slice(0, -2));
    lowering.step(
      node,
      "nn_det_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { count, size },
      {},
      Math.ceil((count * size ** 3) / 3),
    );
  },
};
