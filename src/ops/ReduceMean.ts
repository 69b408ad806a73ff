import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { clampFloat } from "./clamp.js";
import { integerMean } from "./integer_mean.js";
import type { Operator } from "./operator.js";
import { axesOf, normaliseReduction, permutedAxes, reducedShape } from "./reduce.js";
import { rewriter } from "./rewrite.js";

/** Whether no kept axis longer than 1 lies between the reduced ones: then the reduction is outer, count, inner. */
function isContiguous(shape: readonly number[], axes: readonly number[]): boolean {
  const first = Math.min(...axes);
  const last = Math.max(...axes);
  return shape.every((size, axis) => axis < first || axis > last || size === 1 || axes.includes(axis));
}

/** Moves the reduced axes to the end, reduces there and restores the shape with ones. */
function reduceGathered(
  node: Node,
  build: GraphBuilder,
  x: Tensor,
  axes: readonly number[],
  output: string | undefined,
): string {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  const moved = build.add(node, "Transpose", [x.name], { perm }, undefined, x.quantization);
  const mean = build.add(node, "ReduceMean", [moved], { axes: axes.map((_, i) => kept.length + i) });
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return build.add(node, "Reshape", [mean], { shape }, output);
}

function loops(node: Node, lowering: Lowering) {
  const { shape } = lowering.tensor(node.inputs[0]);
  const axes = axesOf(node);
  const first = Math.min(...axes);
  const last = Math.max(...axes);
  return {
    outer: elementCount(shape.slice(0, first)),
    count: elementCount(shape.slice(first, last + 1)),
    inner: elementCount(shape.slice(last + 1)),
  };
}

/** ONNX ReduceMean-1, -11, -13 (axes attribute) and -18 (axes input). Canonical: sorted non-negative axes, keepdims 1. */
export const ReduceMean: Operator = {
  name: "ReduceMean",
  inputs: [1, 2],
  notes: "any axes, keepdims",
  quantize: "free",
  fusesClamp: true,

  infer(node, [x]) {
    return [{ type: x!.type, shape: reducedShape(x!.shape, axesOf(node)) }];
  },

  /** Neighbouring axes have to stay neighbours. */
  permute(node, perm) {
    const axes = permutedAxes(node, perm);
    return axes[axes.length - 1] - axes[0] === axes.length - 1 ? { axes } : undefined;
  },

  /** The mean of integers is their sum divided by their number, rounded towards zero. */
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    normaliseReduction(node, build, (axes, output) => {
      if (axes.length === 0) {
        if (output !== undefined) build.alias(output, x.name);
        return output ?? x.name;
      }
      if (x.type !== "float32") {
        const count = elementCount(axes.map((axis) => x.shape[axis]));
        const divisor = rewriter(node, build).constant(x.type, [], [count]);
        return build.add(node, "Div", [build.add(node, "ReduceSum", [x.name], { axes }), divisor], {}, output);
      }
      return isContiguous(x.shape, axes)
        ? build.add(node, "ReduceMean", [x.name], { axes }, output)
        : reduceGathered(node, build, x, axes, output);
    });
  },

  lowerInt8(node, lowering) {
    const size = loops(node, lowering);
    const { shape } = lowering.tensor(node.inputs[0]);
    const mean = integerMean(node, lowering, size.count);
    if (!mean || !isContiguous(shape, axesOf(node)) || size.count > 2 ** 22) return false;
    const params = { ...size, ...mean.params, ...mean.multiplier(size.count) };
    lowering.step(node, `nn_mean_${mean.form}`, mean.io(), params);
    return true;
  },

  lowerPlain(node, lowering) {
    lowering.step(
      node,
      "nn_mean_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...loops(node, lowering), ...clampFloat(node) },
    );
  },
};
