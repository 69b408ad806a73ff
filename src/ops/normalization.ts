/**
 * Normalisations: by mean and variance over some axes (of one kernel, whatever the operator's name), by a norm, and by the
 * channels nearby. What scales and shifts the result is Mul and Add.
 */
import { floatAttribute, intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Shape } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { fixedPoint } from "../numerics/requantize.js";
import { exactly } from "./exact.js";
import type { Operator } from "./operator.js";
import { axesOf, permutedAxes, reduceLoops } from "./reduce.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** The axes from `first` to the last. */
const axesFrom = (first: number, rank: number): number[] => [...Array(rank).keys()].slice(first);

function windowsOf(node: Node, lowering: Lowering) {
  const { shape } = lowering.tensor(node.inputs[0]);
  const axes = axesOf(node);
  const count = elementCount(axes.map((axis) => shape[axis]));
  return { ...reduceLoops(node, shape, axes), count, centre: intAttribute(node, "centre", 1) };
}

const epsilonOf = (node: Node) => floatAttribute(node, "epsilon", 0);

/**
 * ONNX MeanVarianceNormalization-9, -13. Canonical form of all normalisations by variance: (x - mean) / sqrt(variance +
 * epsilon) over `axes` (sorted, not negative); centre 0: without the mean, as RMSNormalization.
 */
export const MeanVarianceNormalization: Operator = {
  name: "MeanVarianceNormalization",
  notes: "any axes",
  quantize: "free",
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
    const params = windowsOf(node, lowering);
    const epsilon = (params.count / input.scale) ** 2 * epsilonOf(node);
    if (params.count > 2 ** 20 || epsilon >= 2 ** 61 || output.scale > 2 || output.scale < 2 ** -29) return false;
    const { multiplier, shift } = fixedPoint(1 / output.scale, 1);
    lowering.step(
      node,
      "nn_normalize_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      {
        ...params,
        in_zero_point: input.zeroPoint,
        out_zero_point: output.zeroPoint,
        numerator: multiplier,
        shift: shift + 31,
        epsilon: Math.fround(Math.round(epsilon)),
      },
    );
    return true;
  },

  lowerPlain(node, lowering) {
    lowering.step(
      node,
      "nn_normalize_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...windowsOf(node, lowering), epsilon: Math.fround(epsilonOf(node)) },
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
