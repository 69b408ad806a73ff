/**
 * Elementwise operators of one input. In int8 each is a table of 256 entries computed from the real function and
 * rounded half to even, so host and device cannot differ.
 */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, stringAttribute } from "../graph/attributes.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import { elementCount, newArray } from "../graph/ir.js";
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
import { throughFloat } from "./through_float.js";

/** Operations that have a real function, so an int8 table. */
type Operation = UnaryName & keyof typeof unaryFunctions;

/** Table entry i is the stored output for the stored input i - 128; where the function is not defined, that of 0. */
export function lookupTable(
  real: (x: number) => number,
  input: { scale: number; zeroPoint: number },
  output: { scale: number; zeroPoint: number },
): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => {
    const y = real((i - 128 - input.zeroPoint) * input.scale);
    if (Number.isNaN(y)) return output.zeroPoint;
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

/**
 * @param settings names of the attributes that the function's alpha and beta are, with their ONNX defaults
 * @param domain where the function is defined: int8 values that rounding brought beyond it count as its end
 */
function unary(
  name: string,
  operation: Operation,
  settings: readonly (readonly [string, number])[] = [],
  quantize: QuantizeRule = "free",
  [low, high]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Operator {
  const values = (node: Node) => settings.map(([key, fallback]) => floatAttribute(node, key, fallback));
  return {
    ...elementwise(name, operation, values),
    quantize,
    lowerInt8(node, lowering) {
      const [alpha = 0, beta = 0] = values(node);
      const real = unaryFunctions[operation];
      return lowerTable(node, lowering, (x) => real(Math.max(low, Math.min(high, x)), alpha, beta));
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
export const Elu = unary("Elu", "elu", [["alpha", 1]]);
export const Celu = unary("Celu", "celu", [["alpha", 1]]);
export const Selu = unary("Selu", "selu", [
  ["alpha", 1.6732632],
  ["gamma", 1.050701],
]);
export const Swish = unary("Swish", "swish", [["alpha", 1]]);
export const Mish = unary("Mish", "mish");
export const Softplus = unary("Softplus", "softplus");
export const Softsign = unary("Softsign", "softsign");
export const ThresholdedRelu = unary("ThresholdedRelu", "thresholded_relu", [["alpha", 1]]);

const gelu = unary("Gelu", "gelu");
const geluTanh = unary("Gelu", "gelu_tanh");

function geluForm(node: Node): Operator {
  const approximate = stringAttribute(node, "approximate", "none");
  if (approximate === "none") return gelu;
  if (approximate === "tanh") return geluTanh;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `Gelu node "${node.name}": approximate "${approximate}" is neither "none" nor "tanh"; re-export the model`,
    node.name,
  );
}

/** ONNX Gelu-20. */
export const Gelu: Operator = {
  ...gelu,
  infer: (node, inputs) => geluForm(node).infer!(node, inputs),
  lowerInt8: (node, lowering) => geluForm(node).lowerInt8!(node, lowering),
  lowerPlain: (node, lowering) => geluForm(node).lowerPlain!(node, lowering),
};

/** A function of reals that ONNX has for integers too: those are cast to float32 and back. */
const onIntegersToo = (operator: Operator): Operator => ({
  ...operator,
  notes: "integers are computed in float32",
  normalise(node, build) {
    const real = (of: Node) => build.addNode({ ...of, operator: operator.name });
    if (build.resolve(node.inputs[0]).type === "float32") real(node);
    else throughFloat(node, build, real);
  },
});

/** ONNX Shrink-9. */
export const Shrink = onIntegersToo(
  unary("Shrink", "shrink", [
    ["bias", 0],
    ["lambd", 0.5],
  ]),
);
/** ONNX Erf-9, -13. */
export const Erf = onIntegersToo(unary("Erf", "erf"));

export const Log = unary("Log", "log", [], "free", [0, Number.POSITIVE_INFINITY]);
export const Sqrt = unary("Sqrt", "sqrt", [], "free", [0, Number.POSITIVE_INFINITY]);
export const Floor = unary("Floor", "floor");
export const Ceil = unary("Ceil", "ceil");
export const Round = unary("Round", "round");
export const Sin = unary("Sin", "sin");
export const Cos = unary("Cos", "cos");
export const Tan = unary("Tan", "tan");
export const Asin = unary("Asin", "asin", [], "free", [-1, 1]);
export const Acos = unary("Acos", "acos", [], "free", [-1, 1]);
export const Atan = unary("Atan", "atan");
export const Sinh = unary("Sinh", "sinh");
export const Cosh = unary("Cosh", "cosh");
export const Asinh = unary("Asinh", "asinh");
export const Acosh = unary("Acosh", "acosh", [], "free", [1, Number.POSITIVE_INFINITY]);
export const Atanh = unary("Atanh", "atanh", [], "free", [-1, 1]);

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

/** ONNX Relu-6, -13, -14 is Clip(0, inf), and for integers Max with 0. */
export const Relu: Operator = {
  name: "Relu",
  normalise(node, build) {
    const { type } = build.resolve(node.inputs[0]);
    if (type === "float32") return addClip(node, build, { min: 0, max: Number.POSITIVE_INFINITY });
    const zero = build.addConstant(build.uniqueName(`${node.outputs[0]}_zero`), type, [], newArray(type, 1));
    build.add(node, "Max", [node.inputs[0], zero], {}, node.outputs[0]);
  },
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
