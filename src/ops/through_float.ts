/** Operators whose arithmetic is float32, on integers: cast there and back. */
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/ir.js";
import { dataTypeNumber } from "../onnx/element_types.js";

/**
 * Runs `normalise` on a node whose first input is float32 and whose first output is cast back to the type that the
 * input really has. Integers of up to 24 bits come through exactly.
 */
export function throughFloat(node: Node, build: GraphBuilder, normalise: (node: Node) => void): void {
  const x = build.resolve(node.inputs[0]);
  const real = build.add(node, "Cast", [x.name], { to: dataTypeNumber("float32") });
  const result = build.uniqueName(`${node.outputs[0]}_real`);
  normalise({ ...node, inputs: [real, ...node.inputs.slice(1)], outputs: [result, ...node.outputs.slice(1)] });
  build.add(node, "Cast", [result], { to: dataTypeNumber(x.type) }, node.outputs[0]);
}
