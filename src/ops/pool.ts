/** What MaxPool and AveragePool share: windows over channels-last images. */
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import {
  explicitPads,
  imageShape,
  imageShapeOf,
  outputSizes,
  refuseRank,
  widenWindow,
  windowAttributes,
  windowOf,
  windowParams,
} from "./geometry.js";
import { squeezeHeight, unsqueezeHeight } from "./one_dimensional.js";
import type { TensorType } from "./operator.js";

export function inferPool(node: Node, x: Tensor): TensorType[] {
  const image = imageShape(node, x.shape);
  const spatial = outputSizes(node, windowOf(node, image.spatial.length), image.spatial);
  return [{ type: x.type, shape: imageShapeOf(node, { ...image, spatial }) }];
}

/** Explicit pads and two spatial axes. @param kept attributes that the canonical form keeps */
export function normalisePool(node: Node, build: GraphBuilder, kept: Attributes): void {
  const x = build.resolve(node.inputs[0]);
  const { spatial } = imageShape(node, x.shape);
  const rank = spatial.length;
  if (rank > 2) refuseRank(node, rank);
  const window = explicitPads(node, windowOf(node, rank), spatial);
  if (rank === 2) {
    build.add(node, node.operator, [x.name], { ...windowAttributes(window), ...kept }, node.outputs[0]);
    return;
  }
  const wide = { ...windowAttributes(widenWindow(window)), ...kept };
  squeezeHeight(build, node, build.add(node, node.operator, [unsqueezeHeight(build, node, x.name)], wide));
}

export function poolParams(node: Node, lowering: Lowering) {
  const input = imageShape(node, lowering.tensor(node.inputs[0]).shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  return { ...windowParams(windowOf(node, 2), input, output), channels: input.channels };
}
