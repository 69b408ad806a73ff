/**
 * Normalisations: by mean and variance over some axes (of one kernel, whatever the operator's name), by a norm, and by the
 * channels nearby. What scales and shifts the result is Mul and Add, which the pass fuse-normalization takes in.
 */
import { floatAttribute, intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Shape } from "../graph/ir.js";
import { elementCount, strides } from "../graph/ir.js";
import { FRACTION_BITS } from "../kernels/nn_normalize_s8.js";
import type { NormalizeParams } from "../kernels/normalize_params.js";
import type { Lowering } from "../lower/lowering.js";
import { broadcastShape, broadcastStrides, requireLoops } from "./broadcast.js";
import { exactly } from "./exact.js";
import type { Operator } from "./operator.js";
import { axesOf, permutedAxes } from "./reduce.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** The axes from `first` to the last. */
const axesFrom = (first: number, rank: number): number[] => [...Array(rank).keys()].slice(first);

/** Scale and bias as tables of one shape that broadcasts to that of x; one entry each where they are absent. */
function tablesOf(node: Node, lowering: Lowering): { shape: number[]; scale: Float32Array; bias: Float32Array } {
  const given = [node.inputs[1], node.inputs[2]];
  const shapes = given.map((name) => (name === undefined ? [] : lowering.tensor(name).shape));
  const shape = broadcastShape(node, shapes[0], shapes[1]);
  const [scale, bias] = given.map((name, i) => {
    const values = name === undefined ? Float32Array.of(1 - i) : lowering.floatConstant(name);
    return expanded(values, shapes[i], shape);
  });
  return { shape, scale, bias };
}

function expanded(values: Float32Array, from: Shape, to: Shape): Float32Array {
  const result = new Float32Array(elementCount(to));
  const own = strides(to);
  const steps = broadcastStrides(from, to);
  for (let i = 0; i < result.length; i++) {
    result[i] = values[to.reduce((at, size, axis) => at + (Math.floor(i / own[axis]) % size) * steps[axis], 0)];
  }
  return result;
}

/** Loops over the places and over a window, with the steps in tables of `tableShape`. */
function windowsOf(node: Node, lowering: Lowering, tableShape: Shape): NormalizeParams & { count: number } {
  const { shape } = lowering.tensor(node.inputs[0]);
  const axes = axesOf(node);
  const loopsOver = (wanted: boolean) =>
    requireLoops(
      node,
      shape.map((size, axis) => (axes.includes(axis) === wanted ? size : 1)),
      strides(shape),
      broadcastStrides(tableShape, shape),
    );
  const [places, window] = [loopsOver(false), loopsOver(true)];
  return {
    ...{ shape: places.shape, stride: places.strides[0], scale_stride: places.strides[1] },
    ...{ window: window.shape, window_stride: window.strides[0], window_scale_stride: window.strides[1] },
    count: elementCount(axes.map((axis) => shape[axis])),
  };
}

const epsilonOf = (node: Node) => floatAttribute(node, "epsilon", 0);
const centreOf = (node: Node) => intAttribute(node, "centre", 1);

/** Tables of nn_normalize_s8: reals in units of out_scale, in fixed point; undefined where int32 does not hold them. */
function wholeTables(scale: Float32Array, bias: Float32Array, outScale: number) {
  const largest = scale.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / outScale;
  const fraction = Math.min(30, 29 - Math.floor(Math.log2(Math.max(largest, 2 ** -30))));
  const tables = {
    scale: scale.map((value) => Math.round((value / outScale) * 2 ** fraction)),
    bias: bias.map((value) => Math.round((value / outScale) * 2 ** FRACTION_BITS)),
  };
  if (fraction < 0 || tables.bias.some((value) => Math.abs(value) >= 2 ** 31)) return undefined;
  return {
    shift: FRACTION_BITS + fraction,
    tables: { scale: Int32Array.from(tables.scale), bias: Int32Array.from(tables.bias) },
  };
}

/**
 * ONNX MeanVarianceNormalization-9, -13. Canonical form of all normalisations by variance: (x - mean) / sqrt(variance +
 * epsilon) * scale + bias over `axes` (sorted, not negative); centre 0: without the mean, as RMSNormalization. scale and
 * bias are optional constants that broadcast to x; the pass fuse-normalization makes them inputs.
 */
export const MeanVarianceNormalization: Operator = {
  name: "MeanVarianceNormalization",
  notes: "any axes",
  quantize: "free",
  realConstants: true,
  infer: (_node, [x]) => [{ type: x!.type, shape: x!.shape }],
  permute: (node, perm) => ({ axes: permutedAxes(node, perm) }),

  /** ONNX adds 1e-9 to the square root: here its square to the variance, which differs for deviations near it only. */
  normalise(node, build) {
    const { name, shape } = build.resolve(node.inputs[0]);
    const axes = (intsAttribute(node, "axes") ?? [0, 2, 3]).map((axis) => normaliseAxis(node, axis, shape.length));
    addNormalised(node, build, name, axes, 1e-18, 1, node.outputs[0]);
  },

  /** The bounds of the integer form, see nn_normalize_s8.h. */
  lowerInt8(node, lowering) {
    const input = lowering.quantization(node.inputs[0]);
    const output = lowering.quantization(node.outputs[0]);
    if (!input || !output) return false;
    const { shape, scale, bias } = tablesOf(node, lowering);
    const windows = windowsOf(node, lowering, shape);
    const epsilon = (windows.count / input.scale) ** 2 * epsilonOf(node);
    const whole = wholeTables(scale, bias, output.scale);
    if (!whole || windows.count > 2 ** 20 || epsilon >= 2 ** 61) return false;
    lowering.step(
      node,
      "nn_normalize_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      {
        ...windows,
        centre: centreOf(node),
        in_zero_point: input.zeroPoint,
        out_zero_point: output.zeroPoint,
        shift: whole.shift,
        epsilon: Math.fround(Math.round(epsilon)),
      },
      whole.tables,
    );
    return true;
  },

  lowerPlain(node, lowering) {
    const { shape, scale, bias } = tablesOf(node, lowering);
    lowering.step(
      node,
      "nn_normalize_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...windowsOf(node, lowering, shape), centre: centreOf(node), epsilon: Math.fround(epsilonOf(node)) },
      { scale, bias },
    );
  },
};

function addNormalised(
  node: Node,
  build: GraphBuilder,
  x: string,
  axes: readonly number[],
  epsilon: number,
  centre: 0 | 1,
  output?: string,
): string {
  const { type } = build.resolve(x);
  if (type !== "float32") refuseShape(node, `it takes real values, not ${type}`);
  const sorted = [...new Set(axes)].sort((a, b) => a - b);
  return build.add(node, "MeanVarianceNormalization", [x], { axes: sorted, epsilon, centre }, output);
}

/** x * scale + bias, both of which may be absent. */
function scaleAndShift(node: Node, build: GraphBuilder, x: string, scale?: string, bias?: string): void {
  const [output] = node.outputs;
  if (scale === undefined && bias === undefined) build.alias(output, x);
  const scaled =
    scale === undefined ? x : build.add(node, "Mul", [x, scale], {}, bias === undefined ? output : undefined);
  if (bias !== undefined) build.add(node, "Add", [scaled, bias], {}, output);
}

/** ONNX LayerNormalization-17; the outputs Mean and InvStdDev are computed apart when they are used. stash_type: float32. */
export const LayerNormalization: Operator = {
  name: "LayerNormalization",
  inputs: [2, 3],
  outputs: 3,
  notes: "with Mean and InvStdDev",
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const axes = axesFrom(normaliseAxis(node, intAttribute(node, "axis", -1), shape.length), shape.length);
    const epsilon = floatAttribute(node, "epsilon", 1e-5);
    const [y, mean, deviation] = node.outputs;
    if (y) {
      const normalised = addNormalised(node, build, x, axes, epsilon, 1);
      scaleAndShift(node, build, normalised, node.inputs[1], build.optional(node, 2)?.name);
    }
    if (!mean && !deviation) return;
    const write = rewriter(node, exactly(node, build));
    const average = write.onnx("ReduceMean", [x], { axes }, mean || undefined);
    if (!deviation) return;
    const difference = write.onnx("Sub", [x, average]);
    const variance = write.onnx("ReduceMean", [write.onnx("Mul", [difference, difference])], { axes });
    const root = write.onnx("Sqrt", [write.onnx("Add", [variance, write.scalar(epsilon)])]);
    write.onnx("Reciprocal", [root], {}, deviation);
  },
};

/** ONNX RMSNormalization-23. */
export const RMSNormalization: Operator = {
  name: "RMSNormalization",
  inputs: [2, 2],
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const axes = axesFrom(normaliseAxis(node, intAttribute(node, "axis", -1), shape.length), shape.length);
    const y = addNormalised(node, build, x, axes, floatAttribute(node, "epsilon", 1e-5), 0);
    scaleAndShift(node, build, y, node.inputs[1]);
  },
};

/** [C] as [C, 1, 1 ...], to broadcast over the axes behind the channels. */
function perChannel(node: Node, build: GraphBuilder, name: string, shape: Shape): string {
  const given = build.resolve(name).shape;
  if (elementCount(given) !== shape[1])
    refuseShape(node, `"${name}" of shape [${given}] is not one value per channel of [${shape}]`);
  return rewriter(node, build).reshape(name, [shape[1], ...shape.slice(2).map(() => 1)]);
}

/** ONNX InstanceNormalization-1, -6, -22 over any number of spatial axes. */
export const InstanceNormalization: Operator = {
  name: "InstanceNormalization",
  inputs: [3, 3],
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    if (shape.length < 3) refuseShape(node, `[${shape}] has no spatial axis`);
    const [scale, bias] = [1, 2].map((i) => perChannel(node, build, node.inputs[i], shape));
    const y = addNormalised(node, build, x, axesFrom(2, shape.length), floatAttribute(node, "epsilon", 1e-5), 1);
    scaleAndShift(node, build, y, scale, bias);
  },
};

/** ONNX GroupNormalization-18 (scale and bias per group) and -21 (per channel). stash_type: float32. */
export const GroupNormalization: Operator = {
  name: "GroupNormalization",
  inputs: [3, 3],
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const groups = intAttribute(node, "num_groups", 0);
    if (shape.length < 2 || !(groups > 0) || shape[1] % groups !== 0) {
      refuseShape(node, `${groups} groups do not divide the channels of [${shape}]`);
    }
    const write = rewriter(node, build);
    const grouped = [shape[0], groups, shape[1] / groups, ...shape.slice(2)];
    const epsilon = floatAttribute(node, "epsilon", 1e-5);
    const folded = write.reshape(x, grouped);
    const y = addNormalised(node, build, folded, axesFrom(2, grouped.length), epsilon, 1);
    const parameters = node.inputs.slice(1, 3);
    if (build.opset >= 21) {
      const [scale, bias] = parameters.map((name) => perChannel(node, build, name, shape));
      scaleAndShift(node, build, write.reshape(y, shape), scale, bias);
      return;
    }
    const [scale, bias] = parameters.map((name) => perChannel(node, build, name, grouped));
    const shifted = build.add(node, "Add", [build.add(node, "Mul", [y, scale]), bias]);
    build.add(node, "Reshape", [shifted], { shape }, node.outputs[0]);
  },
};

/** ONNX LpNormalization-1, -22: x divided by its norm along an axis, p 1 or 2. */
export const LpNormalization: Operator = {
  name: "LpNormalization",
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const axes = [normaliseAxis(node, intAttribute(node, "axis", -1), shape.length)];
    const p = intAttribute(node, "p", 2);
    if (p !== 1 && p !== 2) refuseShape(node, `p is ${p}, ONNX knows 1 and 2`);
    const write = rewriter(node, exactly(node, build));
    const norm = write.onnx(p === 1 ? "ReduceL1" : "ReduceL2", [x], { axes, keepdims: 1 });
    write.onnx("Div", [x, norm], {}, node.outputs[0]);
  },
};

/**
 * ONNX LRN-1, -13: x / (bias + alpha * mean of the squares of `size` channels nearby)^beta, channels beyond the ends being
 * 0: the mean is AveragePool along the channels.
 */
export const LRN: Operator = {
  name: "LRN",
  normalise(node, build) {
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const size = intAttribute(node, "size", 0);
    if (shape.length < 2 || size < 1) refuseShape(node, `size ${size} does not fit [${shape}]`);
    const write = rewriter(node, exactly(node, build));
    const image = [shape[0], 1, shape[1], elementCount(shape.slice(2))];
    const squares = write.reshape(write.onnx("Mul", [x, x]), image);
    const pads = [Math.floor((size - 1) / 2), 0, Math.ceil((size - 1) / 2), 0];
    const means = write.onnx("AveragePool", [squares], { kernel_shape: [size, 1], pads, count_include_pad: 1 });
    const scaled = write.onnx("Mul", [means, write.scalar(floatAttribute(node, "alpha", 1e-4))]);
    const base = write.onnx("Add", [scaled, write.scalar(floatAttribute(node, "bias", 1))]);
    const divisor = write.onnx("Pow", [base, write.scalar(floatAttribute(node, "beta", 0.75))]);
    write.onnx("Div", [x, write.reshape(divisor, shape)], {}, node.outputs[0]);
  },
};
