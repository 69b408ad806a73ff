import { UserError } from "../errors.js";
import { dimensionsAttribute, intAttribute, intsAttribute, stringAttribute } from "../graph/attributes.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { channelTables, hasInt8Weights, requireConstantWeights } from "./channels.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import { isVolume, lowerVolumeInt8, lowerVolumePlain } from "./conv3d.js";
import {
  checkRank,
  imageShape,
  imageShapeOf,
  type Window,
  widenWindow,
  windowAttributes,
  windowOf,
  windowParams,
} from "./geometry.js";
import { squeezeHeight, unsqueezeHeight, unsqueezeWeights } from "./one_dimensional.js";
import type { Operator } from "./operator.js";

const groupOf = (node: Node) => intAttribute(node, "group", 1);

/**
 * Resolves auto_pad, output_padding and output_shape (ConvTranspose-11): the output has
 * stride * (in - 1) + output_padding + (kernel - 1) * dilation + 1 - pads elements.
 */
function resolve(node: Node, window: Window, input: readonly number[]): { window: Window; output: number[] } {
  const rank = input.length;
  const extra = dimensionsAttribute(node, "output_padding", rank, 0, 0);
  const full = input.map(
    (size, i) => window.strides[i] * (size - 1) + extra[i] + (window.kernel[i] - 1) * window.dilations[i] + 1,
  );
  const mode = stringAttribute(node, "auto_pad", "NOTSET");
  const wanted =
    intsAttribute(node, "output_shape")?.slice(-rank) ??
    (mode.startsWith("SAME") ? input.map((size, i) => size * window.strides[i]) : undefined);
  if (!wanted) {
    const pads = mode === "VALID" ? new Array<number>(2 * rank).fill(0) : window.pads;
    return { window: { ...window, pads }, output: full.map((size, i) => size - pads[i] - pads[i + rank]) };
  }
  const pads = new Array<number>(2 * rank);
  for (let i = 0; i < rank; i++) {
    const total = Math.max(0, full[i] - wanted[i]);
    const small = Math.floor(total / 2);
    pads[i] = mode === "SAME_UPPER" ? small : total - small;
    pads[i + rank] = total - pads[i];
  }
  return { window: { ...window, pads }, output: [...wanted] };
}

function geometry(node: Node, lowering: Lowering) {
  const weights = lowering.tensor(node.inputs[1]);
  const group = groupOf(node);
  const input = imageShape(node, lowering.tensor(node.inputs[0]).shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  const [inC, groupOut, kernelH, kernelW] = weights.shape;
  const area = kernelH * kernelW;
  const groupIn = inC / group;
  return {
    weights,
    bias: node.inputs[2] ? lowering.tensor(node.inputs[2]) : undefined,
    group,
    macs: input.batch * input.spatial[0] * input.spatial[1] * inC * groupOut * area,
    layout: {
      channels: output.channels,
      perChannel: groupIn * area,
      index: (channel: number, i: number) => {
        const g = Math.floor(channel / groupOut);
        const inChannel = g * groupIn + Math.floor(i / area);
        return (inChannel * groupOut + (channel % groupOut)) * area + (i % area);
      },
    },
    params: {
      ...windowParams(windowOf(node, 2), input, output),
      in_c: inC,
      out_c: output.channels,
      groups: group,
    },
  };
}

/** ONNX order I, O / group, H, W -> O, H, W, I / group. */
function pack<T extends Int8Array | Float32Array>(weights: Tensor, data: T, group: number): T {
  const [inC, groupOut, kh, kw] = weights.shape;
  const groupIn = inC / group;
  const packed = data.slice() as T;
  let at = 0;
  for (let i = 0; i < inC; i++) {
    const g = Math.floor(i / groupIn);
    for (let o = 0; o < groupOut; o++) {
      for (let tap = 0; tap < kh * kw; tap++) {
        packed[((g * groupOut + o) * kh * kw + tap) * groupIn + (i % groupIn)] = data[at++];
      }
    }
  }
  return packed;
}

/** ONNX ConvTranspose-1, -11, -22. */
export const ConvTranspose: Operator = {
  name: "ConvTranspose",
  inputs: [2, 3],
  notes: "1-D to 3-D, grouped, dilated, output_padding, output_shape, auto_pad; constant weights",
  quantize: "free",
  fusesClamp: true,

  infer(node, [x, weights]) {
    const image = imageShape(node, x!.shape);
    const spatial = dimensionsAttribute(node, "output_spatial", image.spatial.length, 0, 1);
    const channels = weights!.shape[1] * groupOf(node);
    return [{ type: x!.type, shape: imageShapeOf(node, { ...image, channels, spatial }) }];
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const weights = build.resolve(node.inputs[1]);
    const bias = build.optional(node, 2);
    requireConstantWeights(node, weights, bias);
    const image = imageShape(node, x.shape);
    const rank = image.spatial.length;
    checkRank(node, rank);
    const group = groupOf(node);
    if (
      group < 1 ||
      weights.shape.length !== rank + 2 ||
      weights.shape[0] !== image.channels ||
      image.channels % group !== 0 ||
      (bias && elementCount(bias.shape) !== weights.shape[1] * group)
    ) {
      throw new UserError(
        "E_SHAPE",
        `ConvTranspose node "${node.name}": weights [${weights.shape}] and group ${group} do not fit input [${x.shape}]`,
        node.name,
      );
    }
    const resolved = resolve(node, windowOf(node, rank, weights.shape.slice(2)), image.spatial);
    if (resolved.output.some((size) => size < 1)) {
      throw new UserError("E_SHAPE", `ConvTranspose node "${node.name}": the output would be empty`, node.name);
    }
    if (rank > 1) {
      const attributes = { ...windowAttributes(resolved.window), group, output_spatial: resolved.output };
      build.add(node, "ConvTranspose", node.inputs, attributes, node.outputs[0]);
      return;
    }
    const inputs = [unsqueezeHeight(build, node, x.name), unsqueezeWeights(build, weights), node.inputs[2] ?? ""];
    const attributes = {
      ...windowAttributes(widenWindow(resolved.window)),
      group,
      output_spatial: [1, ...resolved.output],
    };
    squeezeHeight(build, node, build.add(node, "ConvTranspose", inputs, attributes));
  },

  lowerInt8(node, lowering) {
    // Per-channel scales follow weight axis 1, which the groups share.
    const { quantization } = lowering.tensor(node.inputs[1]);
    if (quantization && quantization.scale.length > 1 && groupOf(node) > 1) return false;
    if (isVolume(node, lowering)) return lowerVolumeInt8(node, lowering, groupOf(node), true);
    const { weights, bias, group, params, macs, layout } = geometry(node, lowering);
    const input = lowering.quantization(node.inputs[0]);
    const output = lowering.quantization(node.outputs[0]);
    if (!input || !output || !hasInt8Weights(weights)) return false;
    const tables = channelTables(layout, weights, bias, input, output);
    if (!tables) return false;
    lowering.step(
      node,
      "nn_conv_transpose2d_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      { ...params, in_zero_point: input.zeroPoint, ...clampInt8(node, output) },
      { weights: pack(weights, weights.data as Int8Array, group), ...tables },
      macs,
    );
    return true;
  },

  lowerPlain(node, lowering) {
    if (isVolume(node, lowering)) return lowerVolumePlain(node, lowering, groupOf(node), true);
    const { weights, bias, group, params, macs, layout } = geometry(node, lowering);
    lowering.step(
      node,
      "nn_conv_transpose2d_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...params, ...clampFloat(node) },
      {
        weights: pack(weights, lowering.floatConstant(weights.name), group),
        bias: bias ? lowering.floatConstant(bias.name) : new Float32Array(layout.channels),
      },
      macs,
    );
  },
};
