/** Operators that look at the elements along one axis: ArgMax, ArgMin, TopK, CumSum, Hardmax. */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Shape } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { type ArgName, argKernelName } from "../kernels/families/arg.js";
import { cumulativeKernelName } from "../kernels/families/cumulative.js";
import { elementOf } from "../kernels/families/elements.js";
import { topKernelName } from "../kernels/families/top.js";
import { type Form, type Lowering, sharedQuantization } from "../lower/lowering.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** Loops before, along and behind an axis. */
export function axisLoops(shape: Shape, axis: number): { outer: number; count: number; inner: number } {
  return {
    outer: elementCount(shape.slice(0, axis)),
    count: shape[axis],
    inner: elementCount(shape.slice(axis + 1)),
  };
}

const axisOf = (node: Node) => intAttribute(node, "axis", 0);

/** Throws E_TYPE for bools. */
function requireNumbers(node: Node, type: string): void {
  if (type !== "bool") return;
  throw new UserError("E_TYPE", `${node.operator} node "${node.name}" does not take bool values`, node.name);
}

/** ONNX ArgMax, ArgMin -1, -11, -12, -13. Canonical: keepdims 1, axis not negative. NaN is never the largest or least but in front. */
function arg(name: string, operation: ArgName): Operator {
  const lower = (node: Node, lowering: Lowering, form: Form) => {
    const { type, shape } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      argKernelName(operation, elementOf(form === "s8" ? "int8" : type)),
      { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...axisLoops(shape, axisOf(node)), select_last: intAttribute(node, "select_last_index", 0) },
    );
  };
  return {
    name,
    notes: "int64 indices; of int8 values too",
    infer(node, [x]) {
      requireNumbers(node, x!.type);
      const axis = axisOf(node);
      if (x!.shape[axis] === 0) refuseShape(node, `axis ${axis} of [${x!.shape}] has no elements`);
      return [{ type: "int64", shape: x!.shape.with(axis, 1) }];
    },
    permute: (node, perm) => ({ axis: perm[axisOf(node)] }),
    normalise(node, build) {
      const x = build.resolve(node.inputs[0]);
      if (x.shape.length === 0) refuseShape(node, "a scalar has no axis");
      const axis = normaliseAxis(node, axisOf(node), x.shape.length);
      const settings = { axis, select_last_index: intAttribute(node, "select_last_index", 0) };
      const keep = intAttribute(node, "keepdims", 1) !== 0;
      const y = build.add(node, name, [x.name], settings, keep ? node.outputs[0] : undefined);
      if (!keep) build.add(node, "Reshape", [y], { shape: x.shape.toSpliced(axis, 1) }, node.outputs[0]);
    },
    lowerInt8(node, lowering) {
      if (!lowering.quantization(node.inputs[0])) return false;
      lower(node, lowering, "s8");
      return true;
    },
    lowerPlain: (node, lowering) => lower(node, lowering, "plain"),
  };
}

export const ArgMax = arg("ArgMax", "max");
export const ArgMin = arg("ArgMin", "min");

function lowerTop(node: Node, lowering: Lowering, form: Form): void {
  const { type, shape } = lowering.tensor(node.inputs[0]);
  const operation = intAttribute(node, "largest", 1) !== 0 ? "largest" : "smallest";
  lowering.step(
    node,
    topKernelName(operation, elementOf(form === "s8" ? "int8" : type)),
    {
      inputs: [lowering[form](node.inputs[0])],
      outputs: [lowering.define(node.outputs[0], form), lowering.define(node.outputs[1], "plain")],
    },
    { ...axisLoops(shape, axisOf(node)), k: intAttribute(node, "k", 0) },
  );
}

/** ONNX TopK-1 (k attribute), -10, -11, -24 (k input). Canonical: k attribute. Always sorted. */
export const TopK: Operator = {
  name: "TopK",
  inputs: [1, 2],
  outputs: 2,
  notes: "constant k; always sorted",
  quantize: "shared",
  infer(node, [x]) {
    requireNumbers(node, x!.type);
    const shape = x!.shape.with(axisOf(node), intAttribute(node, "k", 0));
    return [
      { type: x!.type, shape },
      { type: "int64", shape },
    ];
  },
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    if (x.shape.length === 0) refuseShape(node, "a scalar has no axis");
    const axis = normaliseAxis(node, intAttribute(node, "axis", -1), x.shape.length);
    const [k] = constantInts(node, build, 1, "k") ?? [intAttribute(node, "k", -1)];
    if (!(k >= 0 && k <= x.shape[axis])) refuseShape(node, `k is ${k}, axis ${axis} has ${x.shape[axis]} elements`);
    const outputs = [node.outputs[0] || build.uniqueName(`${node.name}_values`)];
    outputs.push(node.outputs[1] || build.uniqueName(`${node.name}_indices`));
    const attributes = { axis, k, largest: intAttribute(node, "largest", 1) };
    build.addNode({ ...node, inputs: [x.name], outputs, attributes });
  },
  lowerInt8(node, lowering) {
    if (!sharedQuantization(node, lowering)) return false;
    lowerTop(node, lowering, "s8");
    return true;
  },
  lowerPlain: (node, lowering) => lowerTop(node, lowering, "plain"),
};

/** ONNX CumSum-11, -14. Canonical: axis attribute. */
export const CumSum: Operator = {
  name: "CumSum",
  inputs: [1, 2],
  notes: "constant axis; int8 models compute it in float32",
  infer(node, [x]) {
    requireNumbers(node, x!.type);
    return [{ type: x!.type, shape: x!.shape }];
  },
  permute: (node, perm) => ({ axis: perm[axisOf(node)] }),
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const [given] = constantInts(node, build, 1, "the axis") ?? [axisOf(node)];
    const attributes = {
      axis: normaliseAxis(node, given ?? 0, x.shape.length),
      exclusive: intAttribute(node, "exclusive", 0),
      reverse: intAttribute(node, "reverse", 0),
    };
    build.add(node, "CumSum", [x.name], attributes, node.outputs[0]);
  },
  lowerPlain(node, lowering) {
    const { type, shape } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      cumulativeKernelName(elementOf(type)),
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      {
        ...axisLoops(shape, axisOf(node)),
        exclusive: intAttribute(node, "exclusive", 0),
        reverse: intAttribute(node, "reverse", 0),
      },
    );
  },
};

/**
 * The input of Softmax, LogSoftmax and Hardmax with the axis that they work along: before opset 13 they take all axes
 * from `axis` on for one.
 */
export function lastAxes(node: Node, build: GraphBuilder): { x: string; axis: number; shape: Shape; flat: boolean } {
  const { name, shape, quantization } = build.resolve(node.inputs[0]);
  const rank = shape.length;
  const given = intAttribute(node, "axis", build.opset < 13 ? 1 : -1);
  const behind = build.opset < 13 && given === rank;
  const axis = rank === 0 || behind ? rank : normaliseAxis(node, given, rank);
  if (axis < rank && (build.opset >= 13 || axis === rank - 1)) return { x: name, axis, shape, flat: false };
  const rows = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
  const x = build.add(node, "Reshape", [name], { shape: rows }, undefined, quantization);
  return { x, axis: 1, shape, flat: true };
}

/** ONNX Hardmax-1, -11, -13: 1 at the first largest element along the axis, 0 elsewhere. */
export const Hardmax: Operator = {
  name: "Hardmax",
  normalise(node, build) {
    const { x, axis, shape, flat } = lastAxes(node, build);
    const write = rewriter(node, build);
    const own = write.shape(x);
    const along = own.map((size, i) => (i === axis ? size : 1));
    const largest = write.onnx("ArgMax", [x], { axis });
    const index = write.constant("int64", along, [...Array(own[axis]).keys()]);
    const to = dataTypeNumber("float32");
    const y = write.onnx("Cast", [write.onnx("Equal", [index, largest])], { to }, flat ? undefined : node.outputs[0]);
    if (flat) write.reshape(y, shape, node.outputs[0]);
  },
};
