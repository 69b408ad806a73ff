/** Operators that hand their input on: ONNX Identity, Dropout (inference). */
import { UserError } from "../errors.js";
import { checkElementCount } from "../graph/builder.js";
import { elementCount, fromNumbers } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { requireConstant } from "./reshape.js";

export const Identity: Operator = {
  name: "Identity",
  normalise: (node, build) => build.alias(node.outputs[0], node.inputs[0]),
};

/**
 * ONNX Dropout-1 to -22: the identity, its mask all true. Training with ratio 0 drops nothing either.
 */
export const Dropout: Operator = {
  name: "Dropout",
  inputs: [1, 3],
  outputs: 2,
  notes: "inference mode",
  normalise(node, build) {
    const training = build.optional(node, 2);
    const ratio = build.optional(node, 1);
    const trains = training && !(training.data && Number(training.data[0]) === 0);
    if (trains && !(ratio?.data && Number(ratio.data[0]) === 0)) {
      if (training.data && ratio && !ratio.data) requireConstant(node, ratio, "the ratio");
      requireConstant(node, training, "training_mode");
      throw new UserError(
        "E_OUT_OF_SCOPE",
        `Dropout node "${node.name}" is in training mode; export the model in inference mode`,
        node.name,
      );
    }
    const x = build.resolve(node.inputs[0]);
    if (node.outputs[0]) build.alias(node.outputs[0], x.name);
    if (!node.outputs[1]) return;
    const type = build.opset < 10 ? x.type : "bool";
    checkElementCount(x.shape, node.outputs[1]);
    const mask = fromNumbers(type, new Array<number>(elementCount(x.shape)).fill(1));
    build.addConstant(node.outputs[1], type, x.shape, mask);
  },
};
