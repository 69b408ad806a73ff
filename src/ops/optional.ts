/** Operators on optional values whose answer is known at generation time. */
import type { Operator } from "./operator.js";

/** ONNX OptionalGetElement-15, -18 of a tensor: the tensor. */
export const OptionalGetElement: Operator = {
  name: "OptionalGetElement",
  notes: "of tensors",
  normalise: (node, build) => build.alias(node.outputs[0], node.inputs[0]),
};

/** ONNX OptionalHasElement-15, -18: whether there is an input. */
export const OptionalHasElement: Operator = {
  name: "OptionalHasElement",
  inputs: [0, 1],
  notes: "of tensors",
  normalise(node, build) {
    build.addConstant(node.outputs[0], "bool", [], Uint8Array.of(node.inputs[0] ? 1 : 0));
  },
};
