/** One-dimensional windows run on the two-dimensional kernels with height 1: N,C,W <-> N,C,1,W. */
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";

export function unsqueezeHeight(build: GraphBuilder, node: Node, x: string): string {
  const [batch, channels, width] = build.resolve(x).shape;
  const { quantization } = build.resolve(x);
  return build.add(node, "Reshape", [x], { shape: [batch, channels, 1, width] }, undefined, quantization);
}

/** Defines the node's first output from the two-dimensional result `y`. */
export function squeezeHeight(build: GraphBuilder, node: Node, y: string): void {
  const [batch, channels, , width] = build.resolve(y).shape;
  build.add(node, "Reshape", [y], { shape: [batch, channels, width] }, node.outputs[0]);
}

export function unsqueezeWeights(build: GraphBuilder, weights: Tensor): string {
  const [o, i, k] = weights.shape;
  const name = build.uniqueName(`${weights.name}_2d`);
  return build.addConstant(name, weights.type, [o, i, 1, k], weights.data!, weights.quantization);
}
