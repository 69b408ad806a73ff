/** Elementwise operators of two inputs with broadcasting (ONNX -7 and later). */
import { UserError } from "../errors.js";
import { intAttribute, stringAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import {
  BINARY_OPERATIONS,
  type BinaryName,
  type BinaryOperation,
  binaryKernelName,
  hasBinary,
} from "../kernels/families/binary.js";
import { elementOf } from "../kernels/families/elements.js";
import type { Lowering } from "../lower/lowering.js";
import { addMultipliers } from "../numerics/add.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { type BroadcastLoop, broadcastLoop, broadcastShape } from "./broadcast.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import type { Operator } from "./operator.js";

type Quantized = { readonly scale: number; readonly zeroPoint: number };

function loopOf(node: Node, lowering: Lowering): BroadcastLoop {
  const [a, b] = node.inputs.map((name) => lowering.tensor(name).shape);
  const loop = broadcastLoop(lowering.tensor(node.outputs[0]).shape, a, b);
  if (!loop) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}" broadcasts over more than 6 separate axes`,
      node.name,
    );
  }
  return loop;
}

interface Int8Form {
  readonly kernel: string;
  readonly params: Record<string, number>;
}

function binary(
  name: string,
  operation: BinaryName,
  int8Form?: (a: Quantized, b: Quantized, out: Quantized) => Int8Form | undefined,
): Operator {
  const { test }: BinaryOperation = BINARY_OPERATIONS[operation];
  const lowerInt8 = (node: Node, lowering: Lowering): boolean => {
    const [a, b, out] = [...node.inputs, node.outputs[0]].map((value) => lowering.quantization(value));
    const form = a && b && out && int8Form?.(a, b, out);
    if (!form) return false;
    lowering.step(
      node,
      form.kernel,
      {
        inputs: [lowering.s8(node.inputs[0]), lowering.s8(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "s8")],
      },
      {
        ...loopOf(node, lowering),
        a_zero_point: a.zeroPoint,
        b_zero_point: b.zeroPoint,
        ...form.params,
        ...clampInt8(node, out),
      },
    );
    return true;
  };
  return {
    name,
    inputs: [2, 2],
    ...(test ? {} : { quantize: "free", fusesClamp: true }),
    ...(int8Form ? {} : { notes: "int8 models compute it in float32" }),
    infer(node, [a, b]) {
      if (a!.type !== b!.type) {
        throw new UserError(
          "E_TYPE",
          `${name} node "${node.name}": element types ${a!.type} and ${b!.type} differ`,
          node.name,
        );
      }
      if (!hasBinary(operation, elementOf(a!.type))) {
        throw new UserError("E_TYPE", `${name} node "${node.name}" does not take ${a!.type} values`, node.name);
      }
      return [{ type: test ? "bool" : a!.type, shape: broadcastShape(node, a!.shape, b!.shape) }];
    },
    pointwise: !test,
    permute: (node) => node.attributes,
    ...(int8Form && { lowerInt8 }),
    lowerPlain(node, lowering) {
      const { type } = lowering.tensor(node.inputs[0]);
      lowering.step(
        node,
        binaryKernelName(operation, elementOf(type)),
        {
          inputs: [lowering.plain(node.inputs[0]), lowering.plain(node.inputs[1])],
          outputs: [lowering.define(node.outputs[0], "plain")],
        },
        { ...loopOf(node, lowering), ...(type === "float32" && !test && clampFloat(node)) },
      );
    },
  };
}

function addForm(sign: 1 | -1) {
  return (a: Quantized, b: Quantized, out: Quantized) => {
    if (Math.max(a.scale, b.scale) / out.scale > 2 ** 16) return undefined;
    const { aMultiplier, bMultiplier, shift } = addMultipliers(a.scale, b.scale, out.scale);
    return { kernel: "nn_add_s8", params: { a_multiplier: aMultiplier, b_multiplier: sign * bMultiplier, shift } };
  };
}

export const Add = binary("Add", "add", addForm(1));
export const Sub = binary("Sub", "sub", addForm(-1));
export const Mul = binary("Mul", "mul", (a, b, out) => {
  const multiplier = (a.scale * b.scale) / out.scale;
  return multiplier < MAX_MULTIPLIER
    ? { kernel: "nn_mul_s8", params: { ...fixedPoint(multiplier, 2 ** 16) } }
    : undefined;
});
export const Div = binary("Div", "div");
export const PRelu = binary("PRelu", "prelu");
export const And = binary("And", "and");
export const Or = binary("Or", "or");
export const Xor = binary("Xor", "xor");
export const BitwiseAnd = binary("BitwiseAnd", "and");
export const BitwiseOr = binary("BitwiseOr", "or");
export const BitwiseXor = binary("BitwiseXor", "xor");
export const Equal = binary("Equal", "equal");
export const Less = binary("Less", "less");
export const LessOrEqual = binary("LessOrEqual", "less_or_equal");

/** The same test with its operands exchanged. */
const exchanged = (name: string, as: string): Operator => ({
  name,
  inputs: [2, 2],
  normalise: (node, build) => {
    build.add(node, as, [node.inputs[1], node.inputs[0]], {}, node.outputs[0]);
  },
});

export const Greater = exchanged("Greater", "Less");
export const GreaterOrEqual = exchanged("GreaterOrEqual", "LessOrEqual");

const shiftLeft = binary("BitShift", "shift_left");
const shiftRight = binary("BitShift", "shift_right");
const shift = (node: Node) => (stringAttribute(node, "direction", "") === "LEFT" ? shiftLeft : shiftRight);

/** ONNX BitShift-11. */
export const BitShift: Operator = {
  ...shiftLeft,
  infer: (node, inputs) => shift(node).infer!(node, inputs),
  lowerPlain: (node, lowering) => shift(node).lowerPlain!(node, lowering),
};

const floorMod = binary("Mod", "mod");
const truncMod = binary("Mod", "fmod");
const mod = (node: Node) => (intAttribute(node, "fmod", 0) === 1 ? truncMod : floorMod);

/** ONNX Mod-10, -13. */
export const Mod: Operator = {
  ...floorMod,
  infer: (node, inputs) => mod(node).infer!(node, inputs),
  lowerPlain: (node, lowering) => mod(node).lowerPlain!(node, lowering),
};

/** Min and Max of any number of inputs, two at a time. */
const pairwise = (name: string, operation: BinaryName): Operator => {
  const two = binary(name, operation);
  return {
    ...two,
    inputs: [1, Number.POSITIVE_INFINITY],
    normalise(node, build) {
      if (node.inputs.length === 1) return build.alias(node.outputs[0], node.inputs[0]);
      const last = node.inputs.length - 1;
      let value = node.inputs[0];
      node.inputs.slice(1).forEach((input, i) => {
        value = build.add(node, name, [value, input], {}, i === last - 1 ? node.outputs[0] : undefined);
      });
    },
  };
};

export const Min = pairwise("Min", "min");
export const Max = pairwise("Max", "max");
