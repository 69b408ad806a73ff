/** Elementwise operators of two inputs with broadcasting (ONNX -7 and later). */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { ElementType, Node, Tensor } from "../graph/ir.js";
import {
  BINARY_OPERATIONS,
  type BinaryName,
  type BinaryOperation,
  binaryKernelName,
  hasBinary,
} from "../kernels/families/binary.js";
import { elementOf } from "../kernels/families/elements.js";
import type { Params } from "../kernels/kernel.js";
import { dequantizeConstant, type Lowering } from "../lower/lowering.js";
import { addMultipliers, wideAddMultipliers } from "../numerics/add.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import { type BroadcastLoop, broadcastLoop, broadcastShape } from "./broadcast.js";
import { clampFloat, clampInt8, clampWide } from "./clamp.js";
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

/**
 * The operands as all opsets since 7 broadcast them. Before, the attribute `broadcast` allowed it, and `axis` said which
 * dimension of a the first one of b stands below.
 */
function alignedOperands(node: Node, build: GraphBuilder): Pick<Node, "inputs" | "attributes"> {
  const { broadcast: _, axis: _axis, consumed_inputs: _consumed, ...attributes } = node.attributes;
  const [a, b] = node.inputs;
  if (build.opset >= 7 || node.attributes.axis === undefined || intAttribute(node, "broadcast", 0) === 0) {
    return { inputs: node.inputs, attributes };
  }
  const rank = build.resolve(a).shape.length;
  const { shape } = build.resolve(b);
  const axis = shape.length === 0 ? 0 : normaliseAxis(node, intAttribute(node, "axis", 0), rank);
  const below = rank - axis - shape.length;
  if (below < 0) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": ${shape.length} dimensions do not fit a tensor of rank ${rank} from axis ${axis} on`,
      node.name,
    );
  }
  return { inputs: [a, below === 0 ? b : trailingOnes(node, build, b, below)], attributes };
}

/** The value with `count` dimensions of 1 behind its own. */
function trailingOnes(node: Node, build: GraphBuilder, name: string, count: number): string {
  const { shape } = build.resolve(name);
  return build.add(node, "Reshape", [name], { shape: [...shape, ...new Array<number>(count).fill(1)] });
}

/** A kernel with the parameters of its own. */
interface IntegerForm {
  readonly kernel: string;
  readonly params: Record<string, number>;
}

type FormOf = (a: Quantized, b: Quantized, out: Quantized) => IntegerForm | undefined;

/** Forms of an operation on int8 values, and on int16 values with zero point 0 that give either. */
interface IntegerForms {
  readonly int8: FormOf;
  readonly int16: FormOf;
}

function binary(name: string, operation: BinaryName, forms?: IntegerForms): Operator {
  const { test }: BinaryOperation = BINARY_OPERATIONS[operation];
  const lowerInt8 = (node: Node, lowering: Lowering): boolean => {
    const [a, b, out] = [...node.inputs, node.outputs[0]].map((value) => lowering.stored(value));
    if (!a || !b || !out || !forms) return false;
    const wide = [a, b, out].some((value) => value.form === "s16");
    const form = (wide ? forms.int16 : forms.int8)(a, b, out);
    if (!form) return false;
    const zeroPoints: Params = wide ? {} : { a_zero_point: a.zeroPoint, b_zero_point: b.zeroPoint };
    lowering.step(
      node,
      form.kernel,
      {
        inputs: node.inputs.map((value) => lowering[wide ? "s16" : "s8"](value)),
        outputs: [lowering.define(node.outputs[0], out.form)],
      },
      {
        ...loopOf(node, lowering),
        ...zeroPoints,
        ...form.params,
        ...(wide ? clampWide(node, out) : clampInt8(node, out)),
      },
    );
    return true;
  };
  return {
    name,
    inputs: [2, 2],
    ...(test ? {} : { quantize: "free", fusesClamp: true }),
    ...(forms ? {} : { notes: "int8 models compute it in float32" }),
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
    normalise(node, build) {
      const { inputs, attributes } = alignedOperands(node, build);
      build.addNode({ ...node, inputs, attributes });
    },
    ...(forms && { lowerInt8 }),
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

function addForms(sign: 1 | -1): IntegerForms {
  const form =
    (kernel: string, multipliers: typeof addMultipliers): FormOf =>
    (a, b, out) => {
      if (Math.max(a.scale, b.scale) / out.scale > 2 ** 16) return undefined;
      const { aMultiplier, bMultiplier, shift } = multipliers(a.scale, b.scale, out.scale);
      return { kernel, params: { a_multiplier: aMultiplier, b_multiplier: sign * bMultiplier, shift } };
    };
  return { int8: form("nn_add_s8", addMultipliers), int16: form("nn_add_s16", wideAddMultipliers) };
}

/** @param largest bound of |product| */
const mulForm =
  (kernel: string, largest: number): FormOf =>
  (a, b, out) => {
    const multiplier = (a.scale * b.scale) / out.scale;
    return multiplier < MAX_MULTIPLIER ? { kernel, params: { ...fixedPoint(multiplier, largest) } } : undefined;
  };

export const Add = binary("Add", "add", addForms(1));
export const Sub = binary("Sub", "sub", addForms(-1));
export const Mul = binary("Mul", "mul", { int8: mulForm("nn_mul_s8", 2 ** 16), int16: mulForm("nn_mul_s16", 2 ** 30) });
export const Div = binary("Div", "div");

const prelu = binary("PRelu", "prelu");

/** The one value of a constant float32 operand, or undefined. */
function scalarOf(tensor: Tensor): number | undefined {
  const { data, type } = tensor;
  if (type !== "float32" || data?.length !== 1) return undefined;
  return tensor.quantization ? dequantizeConstant(tensor)[0] : (data[0] as number);
}

/** ONNX PRelu-1, -6 (one slope, or one per channel), -7, -9, -16 (a slope that broadcasts to x). */
export const PRelu: Operator = {
  ...prelu,
  normalise(node, build) {
    const [x, slope] = node.inputs.map((name) => build.resolve(name));
    const alpha = scalarOf(slope);
    if (alpha !== undefined && Number.isFinite(alpha) && x.type === "float32" && slope.shape.length <= x.shape.length) {
      build.add(node, "LeakyRelu", [x.name], { alpha }, node.outputs[0]);
      return;
    }
    const perChannel = build.opset < 7 && slope.shape.length === 1 && slope.shape[0] > 1 && x.shape.length > 2;
    const aligned = perChannel ? trailingOnes(node, build, slope.name, x.shape.length - 2) : slope.name;
    build.addNode({ ...node, inputs: [x.name, aligned], attributes: {} });
  },
};

const pow = binary("Pow", "pow");

/** Exponents with a shorter form of one node. */
const POWERS: ReadonlyMap<number, string> = new Map([
  [0.5, "Sqrt"],
  [-1, "Reciprocal"],
]);

/**
 * ONNX Pow-1 (with `broadcast` and `axis`), -7, -12, -13, -15. The result has the type of the base; the canonical form has
 * one type. Integers to integer powers are exact, modulo the size of the type.
 */
export const Pow: Operator = {
  ...pow,
  normalise(node, build) {
    const { inputs } = alignedOperands(node, build);
    const [a, b] = inputs.map((name) => build.resolve(name));
    const exponent = a.type === "float32" && b.data?.length === 1 ? Number(b.data[0]) : undefined;
    const simple = exponent !== undefined && !b.quantization && b.shape.length <= a.shape.length;
    const [output] = node.outputs;
    if (simple && exponent === 1) return build.alias(output, a.name);
    if (simple && exponent === 2 && !a.quantization) {
      build.add(node, "Mul", [a.name, a.name], {}, output);
      return;
    }
    const shorter = simple ? POWERS.get(exponent) : undefined;
    if (shorter) {
      build.add(node, shorter, [a.name], {}, output);
      return;
    }
    const cast = (x: Tensor, type: ElementType, name?: string) =>
      x.type === type ? x.name : build.add(node, "Cast", [x.name], { to: dataTypeNumber(type) }, name);
    const whole = b.type !== "float32" || (b.data !== undefined && (b.data as Float32Array).every(Number.isInteger));
    const common = a.type === "float32" || a.type === b.type ? a.type : whole ? "int64" : "float32";
    const operands = [cast(a, common), cast(b, common)];
    if (common === a.type) build.add(node, "Pow", operands, {}, output);
    else cast(build.resolve(build.add(node, "Pow", operands)), a.type, output);
  },
};

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
    const [a, b] = alignedOperands(node, build).inputs;
    build.add(node, as, [b, a], {}, node.outputs[0]);
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

/** ONNX Mod-10, -13; reals need fmod = 1. */
export const Mod: Operator = {
  ...floorMod,
  infer(node, inputs) {
    if (inputs[0]!.type === "float32" && mod(node) === floorMod) {
      throw new UserError(
        "E_TYPE",
        `Mod node "${node.name}" of real values needs fmod = 1; re-export the model with it`,
        node.name,
      );
    }
    return mod(node).infer!(node, inputs);
  },
  lowerPlain: (node, lowering) => mod(node).lowerPlain!(node, lowering),
};

/** Adds the operator on any number of inputs, two at a time. */
function addPairwise(
  node: Node,
  build: GraphBuilder,
  name: string,
  inputs: readonly string[],
  output?: string,
): string {
  const last = inputs.length - 1;
  return inputs.reduce((value, input, i) => build.add(node, name, [value, input], {}, i === last ? output : undefined));
}

const ANY_NUMBER = [1, Number.POSITIVE_INFINITY] as const;

/** ONNX Sum-1, -6, -8, -13. */
export const Sum: Operator = {
  name: "Sum",
  inputs: ANY_NUMBER,
  normalise(node, build) {
    if (node.inputs.length === 1) build.alias(node.outputs[0], node.inputs[0]);
    else addPairwise(node, build, "Add", node.inputs, node.outputs[0]);
  },
};

/** ONNX Mean-1, -6, -8, -13. */
export const Mean: Operator = {
  name: "Mean",
  inputs: ANY_NUMBER,
  normalise(node, build) {
    if (node.inputs.length === 1) return build.alias(node.outputs[0], node.inputs[0]);
    const sum = addPairwise(node, build, "Add", node.inputs);
    const count = build.addConstant(
      build.uniqueName(`${node.outputs[0]}_count`),
      "float32",
      [],
      Float32Array.of(node.inputs.length),
    );
    build.add(node, "Div", [sum, count], {}, node.outputs[0]);
  },
};

/** Min and Max of any number of inputs, two at a time; with one constant number a Clip. */
const pairwise = (name: string, operation: BinaryName, bound: "min" | "max"): Operator => ({
  ...withSharedScale(binary(name, operation), operation),
  inputs: ANY_NUMBER,
  normalise(node, build) {
    const [first, second] = node.inputs;
    if (node.inputs.length === 1) return build.alias(node.outputs[0], first);
    if (node.inputs.length === 2) {
      const operands = [build.resolve(first), build.resolve(second)];
      const [x, limit] = scalarOf(operands[1]) === undefined ? operands.reverse() : operands;
      const value = scalarOf(limit);
      if (value !== undefined && !Number.isNaN(value) && x.type === "float32" && limit.shape.length <= x.shape.length) {
        const open = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
        build.add(node, "Clip", [x.name], { ...open, [bound]: value }, node.outputs[0]);
        return;
      }
    }
    addPairwise(node, build, name, node.inputs, node.outputs[0]);
  },
});

/** Operands and result in one int8 scale: the operation on the stored integers. */
function withSharedScale(operator: Operator, operation: BinaryName): Operator {
  return {
    ...operator,
    notes: "int8 models compute it in float32 where a quantised model gives the operands different scales",
    quantize: "shared",
    fusesClamp: false,
    lowerInt8(node, lowering) {
      const [out, ...operands] = [node.outputs[0], ...node.inputs].map((value) => lowering.quantization(value));
      const same = operands.every((q) => q && out && q.scale === out.scale && q.zeroPoint === out.zeroPoint);
      if (!out || !same) return false;
      lowering.step(
        node,
        binaryKernelName(operation, elementOf("int8")),
        {
          inputs: node.inputs.map((value) => lowering.s8(value)),
          outputs: [lowering.define(node.outputs[0], "s8")],
        },
        { ...loopOf(node, lowering) },
      );
      return true;
    },
  };
}

export const Min = pairwise("Min", "min", "max");
export const Max = pairwise("Max", "max", "min");
