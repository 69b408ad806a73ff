/**
 * Operators that keep the elements in order and change the shape only: all become the canonical Reshape with the
 * output shape as attribute. Lowered to a view: no step, no bytes.
 */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount, toNumbers } from "../graph/ir.js";
import { sharedForm } from "../lower/lowering.js";
import type { Operator } from "./operator.js";

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

/** The tensor, which must be a constant. Throws E_NEEDS_CONSTANT. @param what it is, for the message */
export function requireConstant(node: Node, input: Tensor, what: string): Tensor {
  if (input.data) return input;
  throw new UserError(
    "E_NEEDS_CONSTANT",
    `${node.operator} node "${node.name}": ${what} is computed at run time from "${input.name}"; bind the input that it comes from: --constant name:1,2`,
    node.name,
    input.name,
  );
}

/** Integers from an input that must be constant, or undefined when it is omitted. */
export function constantInts(node: Node, build: GraphBuilder, index: number, what: string): number[] | undefined {
  const input = build.optional(node, index);
  if (!input) return undefined;
  return toNumbers(requireConstant(node, input, what).data!);
}

function addReshape(node: Node, build: GraphBuilder, x: Tensor, shape: readonly number[]): void {
  build.add(node, "Reshape", [x.name], { shape }, node.outputs[0]);
}

export const Reshape: Operator = {
  name: "Reshape",
  inputs: [1, 2],
  notes: "constant target shape",
  quantize: "shared",
  infer(node, [x]) {
    const shape = intsAttribute(node, "shape")!;
    if (elementCount(shape) !== elementCount(x!.shape)) {
      fail(node, `shape [${x!.shape}] cannot become [${shape}]`);
    }
    return [{ type: x!.type, shape }];
  },
  fold: (_node, [x]) => [x.data!],

  /** ONNX Reshape-5, -13, -14 ... : 0 copies a dimension (unless allowzero), -1 is inferred. */
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const wanted = constantInts(node, build, 1, "the shape") ?? [...(intsAttribute(node, "shape") ?? [])];
    const allowZero = intAttribute(node, "allowzero", 0) !== 0;
    const shape = wanted.map((size, i) => (size === 0 && !allowZero ? (x.shape[i] ?? 0) : size));
    const open = shape.indexOf(-1);
    if (open >= 0) {
      const known = elementCount(shape.filter((_, i) => i !== open));
      shape[open] = known > 0 ? elementCount(x.shape) / known : 0;
    }
    if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
      fail(node, `shape [${x.shape}] cannot become [${wanted}]`);
    }
    addReshape(node, build, x, shape);
  },

  lowerInt8(node, lowering) {
    const shared = sharedForm(node, lowering);
    if (!shared) return false;
    lowering.defineView(node.outputs[0], shared.form, lowering[shared.form](node.inputs[0]));
    return true;
  },
  lowerPlain(node, lowering) {
    lowering.defineView(node.outputs[0], "plain", lowering.plain(node.inputs[0]));
  },
};

/** ONNX Flatten-1 to -23. */
export const Flatten: Operator = {
  name: "Flatten",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const given = intAttribute(node, "axis", 1);
    const axis = given === x.shape.length ? given : normaliseAxis(node, given, x.shape.length);
    addReshape(node, build, x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))]);
  },
};

/** ONNX Squeeze-1, -11 (axes attribute) and -13 (axes input). */
export const Squeeze: Operator = {
  name: "Squeeze",
  inputs: [1, 2],
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const given = constantInts(node, build, 1, "axes") ?? intsAttribute(node, "axes");
    const axes = given
      ? given.map((axis) => normaliseAxis(node, axis, x.shape.length))
      : x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    if (axes.some((axis) => x.shape[axis] !== 1)) fail(node, `axes [${axes}] of [${x.shape}] are not all 1`);
    addReshape(
      node,
      build,
      x,
      x.shape.filter((_, axis) => !axes.includes(axis)),
    );
  },
};

/** ONNX Unsqueeze-1, -11 (axes attribute) and -13 (axes input). */
export const Unsqueeze: Operator = {
  name: "Unsqueeze",
  inputs: [1, 2],
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const given = constantInts(node, build, 1, "axes") ?? intsAttribute(node, "axes") ?? [];
    const rank = x.shape.length + given.length;
    const axes = new Set(given.map((axis) => normaliseAxis(node, axis, rank)));
    if (axes.size !== given.length) fail(node, `axes [${given}] name an axis twice`);
    const rest = [...x.shape];
    addReshape(
      node,
      build,
      x,
      Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!)),
    );
  },
};
