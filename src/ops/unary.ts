/**
 * Elementwise operators of one input. In int8 each is a table of 256 entries computed from the real function and
 * rounded half to even, so host and device cannot differ.
 */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute } from "../graph/attributes.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { elementOf } from "../kernels/families/elements.js";
import {
  hasUnary,
  UNARY_OPERATIONS,
  type UnaryName,
  type UnaryOperation,
  unaryKernelName,
} from "../kernels/families/unary.js";
import type { Lowering } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { unaryFunctions } from "../numerics/unary_functions.js";
import type { Operator, QuantizeRule } from "./operator.js";

/** Operations that have a real function, so an int8 table. */
type Operation = UnaryName & keyof typeof unaryFunctions;

/** Table entry i is the stored output for the stored input i - 128. */
export function lookupTable(
  real: (x: number) => number,
  input: { scale: number; zeroPoint: number },
  output: { scale: number; zeroPoint: number },
): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => {
    const y = real((i - 128 - input.zeroPoint) * input.scale);
    return Math.max(-128, Math.min(127, roundHalfEven(y / output.scale) + output.zeroPoint));
  });
}

/** A table step: any function of one int8 value. */
export function lowerTable(node: Node, lowering: Lowering, real: (x: number) => number): boolean {
  const input = lowering.quantization(node.inputs[0]);
  const output = lowering.quantization(node.outputs[0]);
  if (!input || !output) return false;
  lowering.step(
    node,
    "nn_lut_s8",
    { inputs: [lowering.s8(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "s8")] },
    { count: elementCount(lowering.tensor(node.outputs[0]).shape) },
    { table: lookupTable(real, input, output) },
  );
  return true;
}

/** An operator of the family of unary kernels. @param alphaBeta the function's parameters */
function elementwise(name: string, operation: UnaryName, alphaBeta: (node: Node) => readonly number[]): Operator {
  const { test }: UnaryOperation = UNARY_OPERATIONS[operation];
  return {
    name,
    elementwiseUnary: true,
    infer(node, [x]) {
      if (!hasUnary(operation, elementOf(x!.type))) {
        throw new UserError("E_TYPE", `${name} node "${node.name}" does not take ${x!.type} values`, node.name);
      }
      return [{ type: test ? "bool" : x!.type, shape: x!.shape }];
    },
    permute: (node) => node.attributes,
    lowerPlain(node, lowering) {
      const [alpha, beta] = alphaBeta(node).map(Math.fround);
      const { type, shape } = lowering.tensor(node.inputs[0]);
      lowering.step(
        node,
        unaryKernelName(operation, elementOf(type)),
        { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
        { count: elementCount(shape), ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) },
      );
    },
  };
}

/** @param settings names of the attributes that the function's alpha and beta are, with their ONNX defaults */
function unary(
  name: string,
  operation: Operation,
  settings: readonly (readonly [string, number])[] = [],
  quantize: QuantizeRule = "free",
): Operator {
  const values = (node: Node) => settings.map(([key, fallback]) => floatAttribute(node, key, fallback));
  return {
    ...elementwise(name, operation, values),
    quantize,
    lowerInt8(node, lowering) {
      const [alpha = 0, beta = 0] = values(node);
      return lowerTable(node, lowering, (x) => unaryFunctions[operation](x, alpha, beta));
    },
  };
}

const UNIT = { scale: 1 / 256, zeroPoint: -128 } as const;

export const LeakyRelu = unary("LeakyRelu", "leaky_relu", [["alpha", 0.01]]);
export const Sigmoid = unary("Sigmoid", "sigmoid", [], UNIT);
export const Tanh = unary("Tanh", "tanh", [], { scale: 1 / 128, zeroPoint: 0 });
export const HardSigmoid = unary(
  "HardSigmoid",
  "hard_sigmoid",
  [
    ["alpha", 0.2],
    ["beta", 0.5],
  ],
  UNIT,
);
export const HardSwish = unary("HardSwish", "hard_swish");

const clip = unary("Clip", "clip", [
  ["min", Number.NEGATIVE_INFINITY],
  ["max", Number.POSITIVE_INFINITY],
]);

function addClip(node: Node, build: Parameters<NonNullable<Operator["normalise"]>>[1], attributes: Attributes): void {
  build.add(node, "Clip", [node.inputs[0]], attributes, node.outputs[0]);
}

/**
 * ONNX Clip-6 (attributes) and Clip-11, -12, -13 (inputs). The canonical form has constant bounds as attributes; other
 * bounds, and integers, are clipped by Max and Min.
 */
export const Clip: Operator = {
  ...clip,
  inputs: [1, 3],
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const low = build.optional(node, 1);
    const high = build.optional(node, 2);
    const constant = [low, high].every((bound) => !bound || bound.data?.length === 1);
    if (x.type === "float32" && constant) {
      const bound = (key: string, input: Tensor | undefined, fallback: number) =>
        input ? Number(input.data![0]) : floatAttribute(node, key, fallback);
      addClip(node, build, {
        min: bound("min", low, Number.NEGATIVE_INFINITY),
        max: bound("max", high, Number.POSITIVE_INFINITY),
      });
      return;
    }
    const raised = low ? build.add(node, "Max", [x.name, low.name], {}, high ? undefined : node.outputs[0]) : x.name;
    if (high) build.add(node, "Min", [raised, high.name], {}, node.outputs[0]);
    else if (!low) build.alias(node.outputs[0], x.name);
  },
};

/** ONNX Relu-6, -13, -14 is Clip(0, inf). */
export const Relu: Operator = {
  name: "Relu",
  normalise: (node, build) => addClip(node, build, { min: 0, max: Number.POSITIVE_INFINITY }),
};

export const Neg = unary("Neg", "neg");
export const Abs = unary("Abs", "abs");
export const Exp = unary("Exp", "exp");
export const Reciprocal = unary("Reciprocal", "reciprocal");
export const Sign = unary("Sign", "sign");
export const Not = elementwise("Not", "not", () => []);
export const BitwiseNot = elementwise("BitwiseNot", "bitwise_not", () => []);
export const IsNaN = elementwise("IsNaN", "is_nan", () => []);
export const IsInf = elementwise("IsInf", "is_inf", (node) => [
  intAttribute(node, "detect_negative", 1),
  intAttribute(node, "detect_positive", 1),
]);
