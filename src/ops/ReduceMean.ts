import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount, toNumbers } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import type { Operator } from "./operator.js";

const axesOf = (node: Node) => intsAttribute(node, "axes")!;

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
    const axes = axesOf(node);
    return [{ type: x!.type, shape: x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) }];
  },

  /** Neighbouring axes have to stay neighbours. */
  permute(node, perm) {
    const axes = axesOf(node)
      .map((axis) => perm[axis])
      .sort((a, b) => a - b);
    return axes[axes.length - 1] - axes[0] === axes.length - 1 ? { axes } : undefined;
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const input = build.optional(node, 1);
    if (input && !input.data) {
      throw new UserError("E_OPERATOR_UNSUPPORTED", `ReduceMean node "${node.name}": axes must be constant`, node.name);
    }
    const given = input ? toNumbers(input.data!) : (intsAttribute(node, "axes") ?? []);
    if (given.length === 0 && intAttribute(node, "noop_with_empty_axes", 0) !== 0) {
      build.alias(node.outputs[0], x.name);
      return;
    }
    const axes = (
      given.length > 0 ? given.map((axis) => normaliseAxis(node, axis, rank)) : x.shape.map((_, i) => i)
    ).sort((a, b) => a - b);
    if (axes.length === 0) {
      build.alias(node.outputs[0], x.name);
      return;
    }
    const keep = intAttribute(node, "keepdims", 1) !== 0;
    const last = keep ? node.outputs[0] : undefined;
    const y = isContiguous(x.shape, axes)
      ? build.add(node, "ReduceMean", [x.name], { axes }, last)
      : reduceGathered(node, build, x, axes, last);
    if (keep) return;
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    build.add(node, "Reshape", [y], { shape }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const input = lowering.quantization(node.inputs[0]);
    const output = lowering.quantization(node.outputs[0]);
    const size = loops(node, lowering);
    const { shape } = lowering.tensor(node.inputs[0]);
    if (!input || !output || !isContiguous(shape, axesOf(node)) || size.count > 2 ** 22) return false;
    if (input.scale / output.scale >= MAX_MULTIPLIER) return false;
    lowering.step(
      node,
      "nn_mean_s8",
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      {
        ...size,
        in_zero_point: input.zeroPoint,
        ...clampInt8(node, output),
        ...fixedPoint(input.scale / (output.scale * size.count), 256 * size.count),
      },
    );
    return true;
  },

  lowerFloat32(node, lowering) {
    lowering.step(
      node,
      "nn_mean_f32",
      { inputs: [lowering.f32(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "f32")] },
      { ...loops(node, lowering), ...clampFloat(node) },
    );
  },
};
