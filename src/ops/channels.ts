/** int8 weights with per-channel requantisation: bias folding and the proof that no accumulator overflows. */
import { UserError } from "../errors.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import type { OrtAgreement } from "../graph/program.js";
import type { Params } from "../kernels/kernel.js";
import { dequantizeConstant, type Lowering, type Stored } from "../lower/lowering.js";
import { agreeingFixedPoint } from "../numerics/agreement.js";
import { fixedPoint, MAX_MULTIPLIER, type Multiplier } from "../numerics/requantize.js";
import { quoted } from "../quoted.js";
import { clampInt8, clampWide } from "./clamp.js";
import { requireConstant } from "./reshape.js";

/** Throws E_NEEDS_CONSTANT for weights or a bias that are computed at run time, E_TYPE for those that are not real. */
export function requireConstantWeights(node: Node, weights: Tensor, bias: Tensor | undefined): void {
  requireConstant(node, weights, "the weights tensor");
  if (bias) requireConstant(node, bias, "the bias");
  const other = [weights, bias].find((tensor) => tensor && tensor.type !== "float32");
  if (!other) return;
  throw new UserError(
    "E_TYPE",
    `${node.operator} node ${quoted(node.name)}: ${quoted(other.name)} holds ${other.type} values, not real ones; re-export the model`,
    node.name,
  );
}

/** Axis of the constant weights that counts output channels, or undefined where they are spread over groups, or there are none. */
export function outputChannelAxis({ operator, attributes }: Node): 0 | 1 | undefined {
  if (operator === "Conv" || operator === "Gemm") return 0;
  return operator === "ConvTranspose" && attributes.group === 1 ? 1 : undefined;
}

/** What a layer keeps when it is rewritten: "onnxruntime" where its results shall equal those of onnxruntime's kernel. */
export function requantizeAttribute(node: Node): Attributes {
  return node.attributes.requantize === "onnxruntime" ? { requantize: "onnxruntime" } : {};
}

const INT32_LIMIT = 2 ** 31;

/**
 * What the stored inputs of a layer can be, the most that |input - zero point| counts for in the proof, and what its sums
 * must stay below.
 */
interface InputValues {
  readonly low: number;
  readonly high: number;
  readonly largest: number;
  readonly sumLimit: number;
}

const INT8_VALUES: InputValues = { low: -128, high: 127, largest: 256, sumLimit: INT32_LIMIT };
/** Zero point 0; int8 values that were widened lie far inside. Kernels have sums of 64 bits where they need them. */
const INT16_VALUES: InputValues = { low: -32768, high: 32767, largest: 32768, sumLimit: 2 ** 48 };

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

/** Chooses the fixed-point form of a channel's multiplier; the channel's accumulators lie in [low, high]. */
type FixedPointOf = (
  real: number,
  accumulatorBound: number,
  reach: { readonly channel: number; readonly low: number; readonly high: number },
) => Multiplier;

/**
 * Tables of a layer with int8 weights: bias with the input zero point folded in, fixed-point multipliers
 * in_scale * w_scale[c] / out_scale. Gives undefined when an accumulator of some channel could reach the limit
 * (sum |w| * 256 + |bias| >= 2^31) or its multiplier has no fixed-point form: such a layer runs in float32.
 * @param bias int32 at scale in_scale * w_scale[c], or float32, or absent
 */
export function channelTables(
  layout: ChannelWeights,
  weights: Tensor,
  bias: Tensor | undefined,
  input: { scale: number; zeroPoint: number },
  output: { scale: number },
  fixedPointOf: FixedPointOf = fixedPoint,
  values: InputValues = INT8_VALUES,
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
    let lowest = 0;
    let highest = 0;
    for (let i = 0; i < layout.perChannel; i++) {
      const w = data[layout.index(channel, i)];
      sum += w;
      magnitude += Math.abs(w);
      lowest += w * ((w > 0 ? values.low : values.high) - input.zeroPoint);
      highest += w * ((w > 0 ? values.high : values.low) - input.zeroPoint);
    }
    const accumulatorScale = input.scale * weightScale(weights, channel);
    const raw = stored ? stored[channel] : real ? Math.round(real[channel] / accumulatorScale) : 0;
    const folded = raw - input.zeroPoint * sum;
    const bound = magnitude * values.largest + Math.max(Math.abs(raw), Math.abs(folded));
    const multiplier = accumulatorScale / output.scale;
    const fits = bound < values.sumLimit && Math.abs(folded) < INT32_LIMIT;
    if (!fits || !(multiplier < MAX_MULTIPLIER)) return undefined;
    const fixed = fixedPointOf(multiplier, bound, { channel, low: raw + lowest, high: raw + highest });
    result.bias[channel] = folded;
    result.multiplier[channel] = fixed.multiplier;
    result.shift[channel] = fixed.shift;
  }
  return result;
}

/**
 * channelTables of a node; where its results shall equal onnxruntime's, with multipliers that make them, and in how many
 * channels that is proved.
 */
export function layerTables(
  node: Node,
  layout: ChannelWeights,
  weights: Tensor,
  bias: Tensor | undefined,
  input: { scale: number; zeroPoint: number },
  output: { scale: number; zeroPoint: number },
): { readonly tables: ChannelTables; readonly agreement?: OrtAgreement } | undefined {
  if (node.attributes.requantize !== "onnxruntime") {
    const tables = channelTables(layout, weights, bias, input, output);
    return tables && { tables };
  }
  const { out_min, out_max, out_zero_point } = clampInt8(node, output);
  const target = { zeroPoint: out_zero_point, min: out_min, max: out_max };
  let proved = 0;
  let differing = 0;
  const tables = channelTables(layout, weights, bias, input, output, (real, bound, { channel, low, high }) => {
    const product = Math.fround(input.scale * weightScale(weights, channel));
    const scale = Math.fround(product / output.scale);
    const { fixed, differences } = agreeingFixedPoint(real, bound, { ...target, low, high, scale });
    if (differences === 0) proved++;
    differing += differences;
    return fixed;
  });
  return tables && { tables, agreement: { channels: layout.channels, proved, differing } };
}

/** A layer with constant weights whose kernels exist for int8 and for int16 values. */
export interface WeightedLayer {
  /** nn_<operation>_s8 and nn_<operation>_s16. */
  readonly operation: "conv2d" | "depthwise_conv2d" | "fully_connected";
  readonly weights: Tensor;
  readonly bias: Tensor | undefined;
  readonly layout: ChannelWeights;
  readonly params: Params;
  /** The weights in the order of the kernel. */
  pack(weights: Int8Array): Int8Array;
  readonly macs: number;
}

/** The integer step of a layer; false where it has none and runs in float32. */
export function lowerWeighted(node: Node, lowering: Lowering, layer: WeightedLayer): boolean {
  const input = lowering.stored(node.inputs[0]);
  const output = lowering.stored(node.outputs[0]);
  if (!input || !output || !hasInt8Weights(layer.weights)) return false;
  const wide = input.form === "s16" || output.form === "s16";
  return wide ? lowerWide(node, lowering, layer, input, output) : lowerNarrow(node, lowering, layer, input, output);
}

function lowerNarrow(node: Node, lowering: Lowering, layer: WeightedLayer, input: Stored, output: Stored): boolean {
  const { operation, weights, bias, layout, params, pack, macs } = layer;
  const found = layerTables(node, layout, weights, bias, input, output);
  if (!found) return false;
  lowering.step(
    node,
    `nn_${operation}_s8`,
    { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
    // The fully connected kernel has it in the bias alone.
    {
      ...params,
      ...(operation !== "fully_connected" && { in_zero_point: input.zeroPoint }),
      ...clampInt8(node, output),
    },
    { weights: pack(weights.data as Int8Array), ...found.tables },
    macs,
    found.agreement,
  );
  return true;
}

function lowerWide(node: Node, lowering: Lowering, layer: WeightedLayer, input: Stored, output: Stored): boolean {
  const { operation, weights, bias, layout, params, pack, macs } = layer;
  const widened = { scale: input.scale, zeroPoint: 0 };
  const tables = channelTables(layout, weights, bias, widened, output, fixedPoint, INT16_VALUES);
  if (!tables) return false;
  const wideSums = largestSum(layout, weights, tables.bias, INT16_VALUES) >= INT32_LIMIT;
  const depthwise = operation === "depthwise_conv2d";
  if (wideSums && depthwise) return false;
  lowering.step(
    node,
    `nn_${operation}_s16`,
    { inputs: [lowering.s16(node.inputs[0])], outputs: [lowering.define(node.outputs[0], output.form)] },
    { ...params, ...clampWide(node, output), ...(!depthwise && { wide_sums: wideSums ? 1 : 0 }) },
    { weights: pack(weights.data as Int8Array), ...tables },
    macs,
  );
  return true;
}

/** Bound of |sum| over all channels of a layer whose inputs have the zero point 0. */
function largestSum(layout: ChannelWeights, weights: Tensor, bias: Int32Array, { largest }: InputValues): number {
  const data = weights.data as Int8Array;
  let most = 0;
  bias.forEach((value, channel) => {
    let magnitude = 0;
    for (let i = 0; i < layout.perChannel; i++) magnitude += Math.abs(data[layout.index(channel, i)]);
    most = Math.max(most, magnitude * largest + Math.abs(value));
  });
  return most;
}
