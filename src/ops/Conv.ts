import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { lowerWeighted, requantizeAttribute, requireConstantWeights } from "./channels.js";
import { clampFloat } from "./clamp.js";
import { isVolume, lowerVolumeInt8, lowerVolumePlain } from "./conv3d.js";
import {
  checkRank,
  explicitPads,
  imageShape,
  imageShapeOf,
  outputSizes,
  widenWindow,
  windowAttributes,
  windowOf,
  windowParams,
} from "./geometry.js";
import { squeezeHeight, unsqueezeHeight, unsqueezeWeights } from "./one_dimensional.js";
import type { Operator } from "./operator.js";

const groupOf = (node: Node) => intAttribute(node, "group", 1);

/** Inputs of the canonical form: x, weights (O, I / group, kh, kw; constant), bias (O; constant, optional). */
function operands(node: Node, tensor: (name: string) => Tensor) {
  return {
    x: tensor(node.inputs[0]),
    weights: tensor(node.inputs[1]),
    bias: node.inputs[2] ? tensor(node.inputs[2]) : undefined,
    group: groupOf(node),
  };
}

function checkWeights(node: Node, x: Tensor, weights: Tensor, bias: Tensor | undefined): void {
  const group = groupOf(node);
  const { channels } = imageShape(node, x.shape);
  const consistent =
    group >= 1 &&
    weights.shape.length === x.shape.length &&
    weights.shape[1] * group === channels &&
    weights.shape[0] % group === 0 &&
    (!bias || elementCount(bias.shape) === weights.shape[0]);
  if (!consistent) {
    throw new UserError(
      "E_SHAPE",
      `Conv node "${node.name}": weights [${weights.shape}], bias [${bias?.shape ?? "none"}] and group ${group} do not fit input [${x.shape}]`,
      node.name,
    );
  }
}

function geometry(node: Node, lowering: Lowering) {
  const { x, weights, bias, group } = operands(node, lowering.tensor);
  const input = imageShape(node, x.shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  const [outChannels, groupIn, kernelH, kernelW] = weights.shape;
  const macs = output.batch * output.spatial[0] * output.spatial[1] * outChannels * groupIn * kernelH * kernelW;
  const depthwise = group === input.channels && groupIn === 1 && group > 1;
  return {
    weights,
    bias,
    depthwise,
    macs,
    layout: {
      channels: outChannels,
      perChannel: groupIn * kernelH * kernelW,
      index: (channel: number, i: number) => channel * groupIn * kernelH * kernelW + i,
    },
    params: {
      ...windowParams(windowOf(node, 2), input, output),
      in_c: input.channels,
      out_c: outChannels,
      ...(depthwise ? { channel_multiplier: outChannels / group } : { groups: group }),
    },
  };
}

/** O,I,H,W -> O,H,W,I, or H,W,O for depthwise weights (I = 1). */
function pack<T extends Int8Array | Float32Array>(weights: Tensor, data: T, depthwise: boolean): T {
  const [outC, inC, kh, kw] = weights.shape;
  const packed = data.slice() as T;
  let at = 0;
  for (let o = 0; o < outC; o++) {
    for (let i = 0; i < inC; i++) {
      for (let y = 0; y < kh; y++) {
        for (let x = 0; x < kw; x++) {
          const to = depthwise ? (y * kw + x) * outC + o : ((o * kh + y) * kw + x) * inC + i;
          packed[to] = data[at++];
        }
      }
    }
  }
  return packed;
}

/** ONNX Conv-1, -11, -22. */
export const Conv: Operator = {
  name: "Conv",
  inputs: [2, 3],
  notes: "1-D to 3-D, grouped, depthwise, dilated, every padding and auto_pad; constant weights",
  quantize: "free",
  fusesClamp: true,

  infer(node, [x, weights]) {
    const image = imageShape(node, x!.shape);
    const window = windowOf(node, image.spatial.length, weights!.shape.slice(2));
    const spatial = outputSizes(node, window, image.spatial);
    return [{ type: x!.type, shape: imageShapeOf(node, { ...image, channels: weights!.shape[0], spatial }) }];
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const weights = build.resolve(node.inputs[1]);
    const bias = build.optional(node, 2);
    requireConstantWeights(node, weights, bias);
    const { spatial } = imageShape(node, x.shape);
    checkWeights(node, x, weights, bias);
    const rank = spatial.length;
    checkRank(node, rank);
    const window = explicitPads(node, windowOf(node, rank, weights.shape.slice(2)), spatial);
    const group = groupOf(node);
    if (rank > 1) {
      const attributes = { ...windowAttributes(window), group, ...requantizeAttribute(node) };
      build.add(node, "Conv", node.inputs, attributes, node.outputs[0]);
      return;
    }
    const inputs = [unsqueezeHeight(build, node, x.name), unsqueezeWeights(build, weights), node.inputs[2] ?? ""];
    const attributes = { ...windowAttributes(widenWindow(window)), group, ...requantizeAttribute(node) };
    const y = build.add(node, "Conv", inputs, attributes);
    squeezeHeight(build, node, y);
  },

  lowerInt8(node, lowering) {
    if (isVolume(node, lowering)) return lowerVolumeInt8(node, lowering, groupOf(node), false);
    const { depthwise, ...layer } = geometry(node, lowering);
    return lowerWeighted(node, lowering, {
      ...layer,
      operation: depthwise ? "depthwise_conv2d" : "conv2d",
      pack: (weights) => pack(layer.weights, weights, depthwise),
    });
  },

  lowerPlain(node, lowering) {
    if (isVolume(node, lowering)) return lowerVolumePlain(node, lowering, groupOf(node), false);
    const { weights, bias, depthwise, params, macs, layout } = geometry(node, lowering);
    lowering.step(
      node,
      depthwise ? "nn_depthwise_conv2d_f32" : "nn_conv2d_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...params, ...clampFloat(node) },
      {
        weights: pack(weights, lowering.floatConstant(weights.name), depthwise),
        bias: bias ? lowering.floatConstant(bias.name) : new Float32Array(layout.channels),
      },
      macs,
    );
  },
};
