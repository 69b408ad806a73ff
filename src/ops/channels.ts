/** int8 weights with per-channel requantisation: bias folding and the proof that no accumulator overflows. */
import { UserError } from "../errors.js";
import type { Node, Tensor } from "../graph/ir.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";

/** Throws E_OPERATOR_UNSUPPORTED for weights or a bias that are computed at run time. */
export function requireConstantWeights(node: Node, weights: Tensor, bias: Tensor | undefined): void {
  if (weights.data && (!bias || bias.data)) return;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" has weights that are computed at run time; only constant weights are supported`,
    node.name,
  );
}

export interface ChannelTables {
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
}

export interface ChannelWeights {
  readonly channels: number;
  /** Weight values of one output channel. */
  readonly perChannel: number;
  /** Index into the weight data of element `i` of `channel`. */
  index(channel: number, i: number): number;
}

/** Whether the weights are stored as symmetric int8, so that the integer kernels can run. */
export function hasInt8Weights(weights: Tensor): boolean {
  const q = weights.quantization;
  return weights.data !== undefined && q?.type === "int8" && q.zeroPoint.every((z) => z === 0);
}

export function weightScale(weights: Tensor, channel: number): number {
  const { scale } = weights.quantization!;
  return scale.length === 1 ? scale[0] : scale[channel];
}

/**
 * Tables of a layer with int8 weights: bias with the input zero point folded in, fixed-point multipliers
 * in_scale * w_scale[c] / out_scale. Gives undefined when an accumulator of some channel could leave int32
 * (sum |w| * 256 + |bias| >= 2^31) or its multiplier has no fixed-point form: such a layer runs in float32.
 * @param bias int32 at scale in_scale * w_scale[c], or float32, or absent
 */
export function channelTables(
  layout: ChannelWeights,
  weights: Tensor,
  bias: Tensor | undefined,
  input: { scale: number; zeroPoint: number },
  output: { scale: number },
): ChannelTables | undefined {
  const data = weights.data as Int8Array;
  const real = bias && bias.quantization?.type !== "int32" ? dequantizeConstant(bias) : undefined;
  const stored = bias && !real ? (bias.data as Int32Array) : undefined;
  const result = {
    bias: new Int32Array(layout.channels),
    multiplier: new Int32Array(layout.channels),
    shift: new Uint8Array(layout.channels),
  };
  for (let channel = 0; channel < layout.channels; channel++) {
    let sum = 0;
    let magnitude = 0;
    for (let i = 0; i < layout.perChannel; i++) {
      const w = data[layout.index(channel, i)];
      sum += w;
      magnitude += Math.abs(w);
    }
    const accumulatorScale = input.scale * weightScale(weights, channel);
    const raw = stored ? stored[channel] : real ? Math.round(real[channel] / accumulatorScale) : 0;
    const folded = raw - input.zeroPoint * sum;
    const bound = magnitude * 256 + Math.max(Math.abs(raw), Math.abs(folded));
    const multiplier = accumulatorScale / output.scale;
    if (!(bound < 2 ** 31) || !(multiplier < MAX_MULTIPLIER)) return undefined;
    const fixed = fixedPoint(multiplier, bound);
    result.bias[channel] = folded;
    result.multiplier[channel] = fixed.multiplier;
    result.shift[channel] = fixed.shift;
  }
  return result;
}
