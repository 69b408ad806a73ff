/**
 * Elementwise operators of one input. In int8 each is a table of 256 entries computed from the real function and
 * rounded half to even, so host and device cannot differ.
 */
import { UserError } from "../errors.js";
import { floatAttribute } from "../graph/attributes.js";
import type { Attributes, Node } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { UNARY_OPERATIONS } from "../kernels/nn_unary_f32.js";
import type { Lowering } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { unaryFunctions } from "../numerics/unary_functions.js";
import type { Operator, QuantizeRule } from "./operator.js";

type Operation = keyof typeof UNARY_OPERATIONS & keyof typeof unaryFunctions;

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

/** @param settings names of the attributes that the function's alpha and beta are, with their ONNX defaults */
function unary(
  name: string,
  operation: Operation,
  settings: readonly (readonly [string, number])[] = [],
  quantize: QuantizeRule = "free",
): Operator {
  const values = (node: Node) => settings.map(([key, fallback]) => floatAttribute(node, key, fallback));
  return {
    name,
    quantize,
    elementwiseUnary: true,
    infer: (_node, [x]) => [{ type: x!.type, shape: x!.shape }],
    fold(node, [x]) {
      if (x.type !== "float32") {
        throw new UserError("E_TYPE", `${name} node "${node.name}" takes float32, not ${x.type}`, node.name);
      }
      const [alpha = 0, beta = 0] = values(node);
      return [(x.data as Float32Array).map((v) => Math.fround(unaryFunctions[operation](v, alpha, beta)))];
    },
    permute: (node) => node.attributes,
    lowerInt8(node, lowering) {
      const [alpha = 0, beta = 0] = values(node);
      return lowerTable(node, lowering, (x) => unaryFunctions[operation](x, alpha, beta));
    },
    lowerFloat32(node, lowering) {
      const [alpha = 0, beta = 0] = values(node);
      lowering.step(
        node,
        "nn_unary_f32",
        { inputs: [lowering.f32(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "f32")] },
        {
          operation: UNARY_OPERATIONS[operation],
          count: elementCount(lowering.tensor(node.outputs[0]).shape),
          alpha: Math.fround(alpha),
          beta: Math.fround(beta),
        },
      );
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

/** ONNX Clip-6 (attributes) and Clip-11, -12, -13 (inputs); the canonical form has attributes. */
export const Clip: Operator = {
  ...clip,
  inputs: [1, 3],
  notes: "constant bounds",
  normalise(node, build) {
    const bound = (key: string, index: number, fallback: number): number => {
      const input = build.optional(node, index);
      if (!input) return floatAttribute(node, key, fallback);
      if (input.data?.length !== 1) {
        throw new UserError(
          "E_OPERATOR_UNSUPPORTED",
          `Clip node "${node.name}": the bound ${key} is computed at run time; only constant bounds are supported`,
          node.name,
        );
      }
      return Number(input.data[0]);
    };
    addClip(node, build, {
      min: bound("min", 1, Number.NEGATIVE_INFINITY),
      max: bound("max", 2, Number.POSITIVE_INFINITY),
    });
  },
};

/** ONNX Relu-6, -13, -14 is Clip(0, inf). */
export const Relu: Operator = {
  name: "Relu",
  normalise: (node, build) => addClip(node, build, { min: 0, max: Number.POSITIVE_INFINITY }),
};
