/** ONNX GlobalAveragePool-1, -22 and GlobalMaxPool-1, -22 as reductions of the spatial axes. */
import { elementCount } from "../graph/ir.js";
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
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const { spatial, batch, channels } = imageShape(node, x.shape);
    const pool = (input: string, kernel_shape: readonly number[], output: string) =>
      MaxPool.normalise!(
        { ...node, operator: "MaxPool", inputs: [input], outputs: [output], attributes: { kernel_shape } },
        build,
      );
    if (spatial.length <= 3) return pool(x.name, spatial, node.outputs[0]);
    const size = elementCount(spatial);
    const line = build.add(node, "Reshape", [x.name], { shape: [batch, channels, size] }, undefined, x.quantization);
    const result = build.uniqueName(`${node.outputs[0]}_line`);
    pool(line, [size], result);
    build.add(node, "Reshape", [result], { shape: [batch, channels, ...spatial.map(() => 1)] }, node.outputs[0]);
  },
};
