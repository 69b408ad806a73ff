/** ONNX GlobalAveragePool-1, -22 and GlobalMaxPool-1, -22 as reductions of the spatial axes. */
import { imageShape } from "./geometry.js";
import { MaxPool } from "./MaxPool.js";
import type { Operator } from "./operator.js";

export const GlobalAveragePool: Operator = {
  name: "GlobalAveragePool",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const axes = imageShape(node, x.shape).spatial.map((_, i) => i + 2);
    build.add(node, "ReduceMean", [x.name], { axes, keepdims: 1 }, node.outputs[0]);
  },
};

export const GlobalMaxPool: Operator = {
  name: "GlobalMaxPool",
  notes: "one and two spatial axes",
  normalise(node, build) {
    const { spatial } = imageShape(node, build.resolve(node.inputs[0]).shape);
    MaxPool.normalise!({ ...node, operator: "MaxPool", attributes: { kernel_shape: spatial } }, build);
  },
};
