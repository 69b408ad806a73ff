/** Operators that hand their input on: ONNX Identity, Dropout (inference). */
import { UserError } from "../errors.js";
import type { Operator } from "./operator.js";

export const Identity: Operator = {
  name: "Identity",
  normalise: (node, build) => build.alias(node.outputs[0], node.inputs[0]),
};

/** ONNX Dropout-1 to -22 without training. */
export const Dropout: Operator = {
  name: "Dropout",
  inputs: [1, 3],
  notes: "inference mode, without the mask output",
  normalise(node, build) {
    const training = build.optional(node, 2);
    if (training && (!training.data || Number(training.data[0]) !== 0)) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `Dropout node "${node.name}" is in training mode; export the model in inference mode`,
        node.name,
      );
    }
    build.alias(node.outputs[0], node.inputs[0]);
  },
};
