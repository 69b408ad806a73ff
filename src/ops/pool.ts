/** What MaxPool and AveragePool share: windows over channels-last images. */
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import {
  checkPadding,
  checkRank,
  explicitPads,
  imageShape,
  imageShapeOf,
  outputSizes,
  type Window,
  widenWindow,
  windowAttributes,
  windowOf,
  windowParams,
  windowPart,
} from "./geometry.js";
import { squeezeHeight, unsqueezeHeight } from "./one_dimensional.js";
import type { TensorType } from "./operator.js";

export function inferPool(node: Node, x: Tensor): TensorType[] {
  const image = imageShape(node, x.shape);
  const spatial = outputSizes(node, windowOf(node, image.spatial.length), image.spatial);
  return [{ type: x.type, shape: imageShapeOf(node, { ...image, spatial }) }];
}

/**
 * Explicit pads and two spatial axes. A window over three axes is one over the last two and then one over the first:
 * maxima, and sums and counts of rectangles, are taken axis by axis.
 * @param kept attributes that the canonical form keeps
 */
export function normalisePool(node: Node, build: GraphBuilder, kept: Attributes): void {
  const x = build.resolve(node.inputs[0]);
  const { spatial, batch, channels } = imageShape(node, x.shape);
  const rank = spatial.length;
  checkRank(node, rank);
  const window = explicitPads(node, windowOf(node, rank), spatial);
  checkPadding(node, window);
  const pool = (input: string, part: Window, output?: string) =>
    build.add(node, node.operator, [input], { ...windowAttributes(part), ...kept }, output);
  if (rank === 1) {
    squeezeHeight(build, node, pool(unsqueezeHeight(build, node, x.name), widenWindow(window)));
    return;
  }
  if (rank === 2) {
    pool(x.name, window, node.outputs[0]);
    return;
  }
  const view = (input: string, shape: readonly number[], output?: string) =>
    build.add(node, "Reshape", [input], { shape }, output, build.resolve(input).quantization);
  const [depth, height, width] = spatial;
  const flat = pool(view(x.name, [batch, channels * depth, height, width]), windowPart(window, 1, 3));
  // Maxima keep the scale; means in between are not rounded.
  if (x.quantization && node.operator === "MaxPool") build.annotate(flat, x.quantization);
  const [, , outH, outW] = build.resolve(flat).shape;
  const { kernel, strides, dilations, pads } = windowPart(window, 0, 1);
  const columns: Window = {
    kernel: [kernel[0], 1],
    strides: [strides[0], 1],
    dilations: [dilations[0], 1],
    pads: [pads[0], 0, pads[1], 0],
  };
  const y = pool(view(flat, [batch, channels, depth, outH * outW]), columns);
  const outD = build.resolve(y).shape[2];
  view(y, [batch, channels, outD, outH, outW], node.outputs[0]);
}

export function poolParams(node: Node, lowering: Lowering) {
  const input = imageShape(node, lowering.tensor(node.inputs[0]).shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  return { ...windowParams(windowOf(node, 2), input, output), channels: input.channels };
}
