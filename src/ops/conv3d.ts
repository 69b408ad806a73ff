/** Convolutions over three axes, plain and transposed, in ONNX layout. */
import type { Node, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { type ChannelWeights, hasInt8Weights, layerTables } from "./channels.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import { imageShape, volumeParams, windowOf } from "./geometry.js";

/** Both forms as a convolution: weights by output channel, and the windows that move over the spread input. */
interface Volume {
  readonly weights: Tensor;
  readonly bias: Tensor | undefined;
  readonly layout: ChannelWeights;
  readonly params: Record<string, number>;
  readonly macs: number;
}

/**
 * @param group groups of the convolution
 * @param transposed weights are I, O / group, spatial; the kernel is mirrored, the stride spreads the input
 */
function volumeOf(node: Node, lowering: Lowering, group: number, transposed: boolean): Volume {
  const x = lowering.tensor(node.inputs[0]);
  const weights = lowering.tensor(node.inputs[1]);
  const input = imageShape(node, x.shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  const own = windowOf(node, 3);
  const taps = elementCount(own.kernel);
  const groupIn = input.channels / group;
  const groupOut = output.channels / group;
  const window = transposed
    ? {
        ...own,
        strides: [1, 1, 1],
        pads: own.pads.map((pad, i) => (own.kernel[i % 3] - 1) * own.dilations[i % 3] - pad),
      }
    : own;
  const [step_d, step_h, step_w] = transposed ? own.strides : [1, 1, 1];
  const mirrored = (channel: number, i: number) => {
    const inChannel = Math.floor(channel / groupOut) * groupIn + Math.floor(i / taps);
    return (inChannel * groupOut + (channel % groupOut)) * taps + (taps - 1 - (i % taps));
  };
  const perChannel = groupIn * taps;
  return {
    weights,
    bias: node.inputs[2] ? lowering.tensor(node.inputs[2]) : undefined,
    layout: {
      channels: output.channels,
      perChannel,
      index: transposed ? mirrored : (channel, i) => channel * perChannel + i,
    },
    params: {
      batch: input.batch,
      in_c: input.channels,
      out_c: output.channels,
      groups: group,
      ...volumeParams(window, input.spatial, output.spatial),
      ...{ step_d, step_h, step_w },
    },
    macs: output.batch * elementCount(transposed ? input.spatial : output.spatial) * output.channels * perChannel,
  };
}

/** The weights in the order of the kernels: out_c, in_c / groups, taps. */
function packed<T extends TypedArray>(data: T, { channels, perChannel, index }: ChannelWeights): T {
  const result = data.slice() as T;
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < perChannel; i++) result[channel * perChannel + i] = data[index(channel, i)];
  }
  return result;
}

export function lowerVolumeInt8(node: Node, lowering: Lowering, group: number, transposed: boolean): boolean {
  const { weights, bias, layout, params, macs } = volumeOf(node, lowering, group, transposed);
  const input = lowering.quantization(node.inputs[0]);
  const output = lowering.quantization(node.outputs[0]);
  if (!input || !output || !hasInt8Weights(weights)) return false;
  const found = layerTables(node, layout, weights, bias, input, output);
  if (!found) return false;
  lowering.step(
    node,
    "nn_conv3d_s8",
    { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
    { ...params, in_zero_point: input.zeroPoint, ...clampInt8(node, output) },
    { weights: packed(weights.data as Int8Array, layout), ...found.tables },
    macs,
    found.agreement,
  );
  return true;
}

export function lowerVolumePlain(node: Node, lowering: Lowering, group: number, transposed: boolean): void {
  const { weights, bias, layout, params, macs } = volumeOf(node, lowering, group, transposed);
  lowering.step(
    node,
    "nn_conv3d_f32",
    { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
    { ...params, ...clampFloat(node) },
    {
      weights: packed(lowering.floatConstant(weights.name), layout),
      bias: bias ? lowering.floatConstant(bias.name) : new Float32Array(layout.channels),
    },
    macs,
  );
}

/** Whether a canonical convolution is one over three axes. */
export const isVolume = (node: Node, lowering: Lowering) => lowering.tensor(node.inputs[1]).shape.length === 5;
