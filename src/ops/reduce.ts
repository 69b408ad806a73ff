/** Reductions along any axes: sums, products, extremes, and what is written with them. */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Node, Shape } from "../graph/ir.js";
import { elementCount, strides } from "../graph/ir.js";
import { elementOf } from "../kernels/families/elements.js";
import { hasReduce, type ReduceName, reduceKernelName } from "../kernels/families/reduce.js";
import type { WindowParams } from "../kernels/window_params.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { LOOP_AXES } from "./broadcast.js";
import { exactly } from "./exact.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { rewriter } from "./rewrite.js";

/** Axes of a canonical reduction: sorted and not negative. */
export const axesOf = (node: Node) => intsAttribute(node, "axes")!;

/** The shape with ones on the reduced axes. */
export const reducedShape = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

export const permutedAxes = (node: Node, perm: readonly number[]): number[] =>
  axesOf(node)
    .map((axis) => perm[axis])
    .sort((a, b) => a - b);

/** The fewest loops over some axes of a contiguous tensor, filled up in front; undefined when there are too many. */
function loopsOver(shape: Shape, axes: readonly number[]): { sizes: number[]; steps: number[] } | undefined {
  const own = strides(shape);
  if (axes.some((axis) => shape[axis] === 0)) return { sizes: [1, 1, 1, 1, 1, 0], steps: [0, 0, 0, 0, 0, 1] };
  const loops: { size: number; step: number }[] = [];
  for (const axis of axes) {
    if (shape[axis] === 1) continue;
    const outer = loops.at(-1);
    if (outer && outer.step === own[axis] * shape[axis]) {
      loops[loops.length - 1] = { size: outer.size * shape[axis], step: own[axis] };
    } else {
      loops.push({ size: shape[axis], step: own[axis] });
    }
  }
  if (loops.length > LOOP_AXES) return undefined;
  while (loops.length < LOOP_AXES) loops.unshift({ size: 1, step: 0 });
  return { sizes: loops.map(({ size }) => size), steps: loops.map(({ step }) => step) };
}

/** Loops over the axes that stay and over those that are reduced. */
export function reduceLoops(node: Node, shape: Shape, axes: readonly number[]): WindowParams {
  const kept = loopsOver(
    shape,
    shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
  );
  const reduced = loopsOver(shape, axes);
  if (kept && reduced) {
    return { shape: kept.sizes, stride: kept.steps, window: reduced.sizes, window_stride: reduced.steps };
  }
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" alternates more than ${LOOP_AXES} times between axes that stay and axes that it reduces`,
    node.name,
  );
}

/** What the reduced axes are, from an attribute or an input; undefined: nothing is reduced. */
function wantedAxes(node: Node, build: GraphBuilder): number[] | undefined {
  const rank = build.resolve(node.inputs[0]).shape.length;
  const given = constantInts(node, build, 1, "the list of axes") ?? intsAttribute(node, "axes") ?? [];
  if (given.length === 0 && intAttribute(node, "noop_with_empty_axes", 0) !== 0) return undefined;
  const axes = given.length > 0 ? given.map((axis) => normaliseAxis(node, axis, rank)) : [...Array(rank).keys()];
  return [...new Set(axes)].sort((a, b) => a - b);
}

/**
 * Rewrites a reduction of ONNX into `reduce`, which keeps the dimensions, and the reshape that drops them.
 * @param reduce adds what gives the result; axes undefined or none: nothing is reduced, only what else the operator does
 */
export function normaliseReduction(
  node: Node,
  build: GraphBuilder,
  reduce: (axes: readonly number[], output?: string) => string,
): void {
  const axes = wantedAxes(node, build) ?? [];
  if (axes.length === 0 || intAttribute(node, "keepdims", 1) !== 0) {
    reduce(axes, node.outputs[0]);
    return;
  }
  const shape = build.resolve(node.inputs[0]).shape.filter((_, axis) => !axes.includes(axis));
  build.add(node, "Reshape", [reduce(axes)], { shape }, node.outputs[0]);
}

/** A reduction of no axes: the value itself. */
function unchanged(build: GraphBuilder, x: string, output?: string): string {
  if (output !== undefined) build.alias(output, x);
  return output ?? x;
}

/** int8 steps of a sum of up to 2^22 values over neighbouring axes. */
function lowerInt8Sum(node: Node, lowering: Lowering): boolean {
  const input = lowering.quantization(node.inputs[0]);
  const output = lowering.quantization(node.outputs[0]);
  if (!input || !output) return false;
  const { shape } = lowering.tensor(node.inputs[0]);
  const axes = axesOf(node).filter((axis) => shape[axis] !== 1);
  const [first, last] = [axes[0] ?? 0, axes.at(-1) ?? -1];
  const apart = shape.some((size, axis) => axis > first && axis < last && size !== 1 && !axes.includes(axis));
  const count = elementCount(shape.slice(first, last + 1));
  if (apart || count > 2 ** 22 || count === 0 || input.scale / output.scale >= MAX_MULTIPLIER) return false;
  lowering.step(
    node,
    "nn_mean_s8",
    { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
    {
      ...{ outer: elementCount(shape.slice(0, first)), count, inner: elementCount(shape.slice(last + 1)) },
      ...{ in_zero_point: input.zeroPoint, out_zero_point: output.zeroPoint, out_min: -128, out_max: 127 },
      ...fixedPoint(input.scale / output.scale, 256 * count),
    },
  );
  return true;
}

/** The same order of values in int8: the kernel of int8 elements, when both ends have one scale. */
function lowerInt8Extreme(operation: "max" | "min") {
  return (node: Node, lowering: Lowering): boolean => {
    if (!sharedQuantization(node, lowering)) return false;
    const { shape } = lowering.tensor(node.inputs[0]);
    if (elementCount(shape) === 0) return false;
    lowering.step(
      node,
      reduceKernelName(operation, elementOf("int8")),
      { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
      reduceLoops(node, shape, axesOf(node)),
    );
    return true;
  };
}

/** ONNX forms: axes attribute, or input from ReduceSum-13 and the others' -18 on. Canonical: axes attribute, keepdims 1. */
function reduction(
  name: string,
  operation: ReduceName,
  quantize: "free" | "shared",
  lowerInt8?: Operator["lowerInt8"],
): Operator {
  return {
    name,
    inputs: [1, 2],
    notes: `any constant axes, keepdims${lowerInt8 ? "" : "; int8 models compute it in float32"}`,
    quantize,
    infer(node, [x]) {
      if (!hasReduce(operation, elementOf(x!.type))) {
        throw new UserError("E_TYPE", `${name} node "${node.name}" does not take ${x!.type} values`, node.name);
      }
      return [{ type: x!.type, shape: reducedShape(x!.shape, axesOf(node)) }];
    },
    permute: (node, perm) => ({ axes: permutedAxes(node, perm) }),
    normalise(node, build) {
      const x = build.resolve(node.inputs[0]);
      normaliseReduction(node, build, (axes, output) =>
        axes.length === 0 ? unchanged(build, x.name, output) : build.add(node, name, [x.name], { axes }, output),
      );
    },
    ...(lowerInt8 && { lowerInt8 }),
    lowerPlain(node, lowering) {
      const { type, shape } = lowering.tensor(node.inputs[0]);
      lowering.step(
        node,
        reduceKernelName(operation, elementOf(type)),
        { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
        reduceLoops(node, shape, axesOf(node)),
      );
    },
  };
}

export const ReduceSum = reduction("ReduceSum", "sum", "free", lowerInt8Sum);
export const ReduceProd = reduction("ReduceProd", "prod", "free");
export const ReduceMax = reduction("ReduceMax", "max", "shared", lowerInt8Extreme("max"));
export const ReduceMin = reduction("ReduceMin", "min", "shared", lowerInt8Extreme("min"));

/** A reduction that is written with others: `reduce` adds what stands for it, along axes that stay as ones. */
function composed(
  name: string,
  notes: string,
  reduce: (
    x: string,
    axes: Attributes,
    write: ReturnType<typeof rewriter>,
    last: (operator: string, inputs: readonly string[], attributes?: Attributes) => string,
  ) => string,
): Operator {
  return {
    name,
    inputs: [1, 2],
    notes,
    normalise(node, build) {
      const x = build.resolve(node.inputs[0]).name;
      const write = rewriter(node, exactly(node, build));
      normaliseReduction(node, build, (axes, output) =>
        reduce(
          x,
          { axes, ...(axes.length === 0 && { noop_with_empty_axes: 1 }) },
          write,
          (operator, inputs, attributes) => write.onnx(operator, inputs, attributes, output),
        ),
      );
    },
  };
}

export const ReduceL1 = composed("ReduceL1", "Abs and ReduceSum", (x, axes, write, last) =>
  last("ReduceSum", [write.onnx("Abs", [x])], axes),
);
export const ReduceSumSquare = composed("ReduceSumSquare", "Mul and ReduceSum", (x, axes, write, last) =>
  last("ReduceSum", [write.onnx("Mul", [x, x])], axes),
);
export const ReduceL2 = composed("ReduceL2", "Mul, ReduceSum and Sqrt", (x, axes, write, last) =>
  last("Sqrt", [write.onnx("ReduceSum", [write.onnx("Mul", [x, x])], axes)]),
);
export const ReduceLogSum = composed("ReduceLogSum", "ReduceSum and Log", (x, axes, write, last) =>
  last("Log", [write.onnx("ReduceSum", [x], axes)]),
);

const FLOAT_MAX = 3.4028234663852886e38;

/**
 * max + log(sum(exp(x - max))), where max is finite: a sum over nothing, or over -infinity alone, stays -infinity, and
 * infinity stays infinity.
 */
export const ReduceLogSumExp = composed(
  "ReduceLogSumExp",
  "subtracts the largest value first",
  (x, axes, write, last) => {
    const largest = write.onnx("ReduceMax", [x], axes);
    const limit = write.scalar(FLOAT_MAX);
    const low = write.onnx("Max", [largest, write.onnx("Neg", [limit])]);
    const finite = write.onnx("Min", [low, limit]);
    const sum = write.onnx("ReduceSum", [write.onnx("Exp", [write.onnx("Sub", [x, finite])])], axes);
    return last("Add", [write.onnx("Log", [sum]), finite]);
  },
);
