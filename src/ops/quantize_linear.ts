/**
 * QuantizeLinear and DequantizeLinear. Around values that the firmware stores in 8 bits, or in int16 with zero point 0, they
 * become quantisation records (src/passes/absorb_quantization.ts), so that a quantised model and a float model quantised here
 * are the same graph; uint8 is then stored as int8, its values and zero point lowered by 128. What is left are conversions at
 * the interface, and any other form, which is computed as ONNX defines it.
 */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, ElementType, Node, Quantization, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, newArray, STORED_BOUNDS, toNumbers } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { dataTypeNumber, elementTypeOf } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** Integers that values are quantised to; float8 and the types of 4 and 2 bits are refused when a model is read. */
const STORED: ReadonlySet<ElementType> = new Set(["int8", "uint8", "int16", "uint16", "int32"]);

export function sameQuantization(a: Quantization, b: Quantization): boolean {
  return (
    a.type === b.type &&
    a.axis === b.axis &&
    a.scale.length === b.scale.length &&
    a.scale.every((s, i) => s === b.scale[i] && a.zeroPoint[i] === b.zeroPoint[i])
  );
}

/** Stored integers of real values. */
export function quantizeData(values: ArrayLike<number>, shape: readonly number[], q: Quantization): TypedArray {
  const [low, high] = q.bits === 4 ? [-7, 7] : STORED_BOUNDS[q.type];
  const result = newArray(q.type, values.length);
  const inner = q.axis === undefined ? values.length : elementCount(shape.slice(q.axis + 1));
  for (let i = 0; i < values.length; i++) {
    const channel = q.axis === undefined ? 0 : Math.floor(i / inner) % q.scale.length;
    const stored = roundHalfEven(Math.fround(values[i] / q.scale[channel])) + q.zeroPoint[channel];
    result[i] = Math.max(low, Math.min(high, stored));
  }
  return result;
}

interface Operands {
  readonly x: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | undefined;
  /** Scales and zero points as numbers where they are constants. */
  readonly known: { readonly scales: readonly number[]; readonly zeros: readonly number[] } | undefined;
  readonly axis: number;
  readonly blockSize: number;
}

function operandsOf(node: Node, build: GraphBuilder): Operands {
  const x = build.resolve(node.inputs[0]);
  const scale = build.optional(node, 1);
  const zeroPoint = build.optional(node, 2);
  if (!scale) return refuse(node, "the scale is missing");
  if (scale.type !== "float32") return refuse(node, `the scale is ${scale.type}, not a real number`);
  const size = elementCount(scale.shape);
  if (zeroPoint && elementCount(zeroPoint.shape) !== size) {
    return refuse(node, `${size} scales but ${elementCount(zeroPoint.shape)} zero points`);
  }
  if (zeroPoint && node.operator === "DequantizeLinear" && zeroPoint.type !== x.type) {
    return refuse(node, `the zero point is ${zeroPoint.type}, the values are ${x.type}`);
  }
  const blockSize = intAttribute(node, "block_size", 0);
  const many = size !== 1 && scale.shape.length === 1 && x.shape.length > 0;
  const axis =
    many || blockSize > 0
      ? normaliseAxis(node, intAttribute(node, "axis", Math.min(1, x.shape.length - 1)), x.shape.length)
      : 0;
  if (many && blockSize === 0 && x.shape[axis] !== size) {
    return refuse(node, `${size} scales for axis ${axis} of [${x.shape}]`);
  }
  const constant = scale.data && (!zeroPoint || zeroPoint.data);
  const scales = constant ? toNumbers(scale.data!).map(Math.fround) : [];
  if (scales.some((s) => !(s > 0 && Number.isFinite(s))))
    return refuse(node, "every scale must be positive and finite");
  const zeros = zeroPoint?.data ? toNumbers(zeroPoint.data) : scales.map(() => 0);
  return { x, scale, zeroPoint, known: constant ? { scales, zeros } : undefined, axis, blockSize };
}

function refuse(node: Node, reason: string): never {
  throw new UserError("E_QUANTIZATION", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

/**
 * Scale or zero point, as float32, in a shape that broadcasts with x: per tensor, along the axis, or one per block of
 * `blockSize` along the axis.
 */
function broadcast(node: Node, build: GraphBuilder, tensor: Tensor, { x, axis, blockSize }: Operands): string {
  const to = rewriter(node, build);
  const real =
    tensor.type === "float32" ? tensor.name : to.onnx("Cast", [tensor.name], { to: dataTypeNumber("float32") });
  const { shape } = tensor;
  if (elementCount(shape) === 1) return to.reshape(real, []);
  const rank = x.shape.length;
  if (blockSize === 0) {
    if (shape.length !== 1) return real;
    return to.reshape(
      real,
      x.shape.map((_, i) => (i === axis ? shape[0] : 1)),
    );
  }
  const blocks = Math.ceil(x.shape[axis] / blockSize);
  const fits = shape.length === rank && shape.every((size, i) => size === (i === axis ? blocks : x.shape[i]));
  if (!fits)
    refuseShape(node, `scales [${shape}] do not fit [${x.shape}] in blocks of ${blockSize} along axis ${axis}`);
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const ones = to.constant("float32", [blockSize, ...shape.slice(axis + 1).map(() => 1)], new Array(blockSize).fill(1));
  const repeated = to.onnx("Mul", [to.reshape(real, apart), ones]);
  const whole = to.reshape(
    repeated,
    shape.map((size, i) => (i === axis ? blocks * blockSize : size)),
  );
  return to.slice(whole, axis, 0, x.shape[axis]);
}

/** Element types of canonical nodes. */
type Canonical = "int8" | "uint8" | "int16";

/** Attributes of the canonical nodes, which convert per tensor; int16 has the zero point 0. */
function canonicalAttributes(type: Canonical, scale: number, zeroPoint: number): Attributes {
  return { scale, zero_point: zeroPoint, stored: type };
}

/** How a value between canonical QuantizeLinear and DequantizeLinear nodes is stored: as int8 or int16. */
export function storedQuantization(node: Node): Quantization {
  const { form, scale, zeroPoint } = parametersOf(node);
  return { type: form === "s8" ? "int8" : "int16", scale: [scale], zeroPoint: [zeroPoint] };
}

/** What the integers at the interface stand for. */
function interfaceQuantization(type: Canonical, scale: number, zeroPoint: number): Quantization {
  return { type, scale: [scale], zeroPoint: [zeroPoint] };
}

/** Scale and zero point of a canonical node for values as they are stored. */
function parametersOf(node: Node) {
  const type = node.attributes.stored as Canonical;
  const unsigned = type === "uint8";
  const zeroPoint = intAttribute(node, "zero_point", 0) - (unsigned ? 128 : 0);
  const form = type === "int16" ? ("s16" as const) : ("s8" as const);
  return { type, unsigned, form, scale: floatAttribute(node, "scale", 1), zeroPoint };
}

/** Whether values of a type with one scale and these zero points have a canonical form. */
function isCanonical(type: ElementType, zeroPoints: readonly number[]): type is Canonical {
  return type === "int8" || type === "uint8" || (type === "int16" && zeroPoints.every((z) => z === 0));
}

function storedType(node: Node, zeroPoint: Tensor | undefined): ElementType {
  const given = intAttribute(node, "output_dtype", 0);
  const type = given === 0 ? (zeroPoint?.type ?? "uint8") : elementTypeOf(given);
  if (type && zeroPoint && zeroPoint.type !== type) {
    return refuse(node, `the zero point is ${zeroPoint.type}, the values are ${type}`);
  }
  if (type && STORED.has(type)) return type;
  throw new UserError(
    "E_TYPE",
    `${node.operator} node "${node.name}" quantises to ${type ?? `element type number ${given}`}; int8, uint8, int16, uint16 and int32 are supported`,
    node.name,
  );
}

/** Table of nn_lut_s8 that turns the bytes of uint8 into int8 values lower by 128, and back. */
const FLIP = Int8Array.from({ length: 256 }, (_, i) => (i < 128 ? i : i - 256));

function flip(node: Node, lowering: Lowering, from: number, to: number, count: number): void {
  lowering.step(node, "nn_lut_s8", { inputs: [from], outputs: [to] }, { count }, { table: FLIP });
}

/** ONNX QuantizeLinear-10 to -24. */
export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  inputs: [2, 3],
  notes:
    "int8, uint8, int16, uint16, int32; per tensor, along an axis or in blocks; in 8 bits per tensor, and in int16 without a zero point, it is free",
  elementwiseUnary: true,
  infer: (node, [x]) => [{ type: parametersOf(node).type, shape: x!.shape }],
  permute: (node) => node.attributes,

  normalise(node, build) {
    const operands = operandsOf(node, build);
    const { scale, zeroPoint, known } = operands;
    const type = storedType(node, zeroPoint);
    const to = rewriter(node, build);
    const float = dataTypeNumber("float32");
    const x = operands.x.type === "float32" ? operands.x.name : to.onnx("Cast", [operands.x.name], { to: float });
    const [output] = node.outputs;
    if (known?.scales.length === 1 && isCanonical(type, known.zeros)) {
      const attributes = canonicalAttributes(type, known.scales[0], known.zeros[0]);
      const meaning = interfaceQuantization(type, known.scales[0], known.zeros[0]);
      build.add(node, "QuantizeLinear", [x], attributes, output, build.resolve(x).data ? undefined : meaning);
      return;
    }
    const steps = to.onnx("Round", [to.onnx("Div", [x, broadcast(node, build, scale, operands)])]);
    const shifted = zeroPoint ? to.onnx("Add", [steps, broadcast(node, build, zeroPoint, operands)]) : steps;
    to.onnx("Cast", [shifted], { to: dataTypeNumber(type) }, output);
  },

  lowerInt8(node, lowering) {
    const { unsigned, form, scale, zeroPoint } = parametersOf(node);
    const stored = lowering.stored(node.inputs[0]);
    if (stored?.form !== form || stored.scale !== scale || stored.zeroPoint !== zeroPoint) return false;
    const [output] = node.outputs;
    const x = lowering[form](node.inputs[0]);
    if (!unsigned) {
      lowering.defineView(output, "plain", x);
      return true;
    }
    const { shape } = lowering.tensor(output);
    const flipped = lowering.temporary("int8", shape);
    flip(node, lowering, x, flipped, elementCount(shape));
    lowering.defineView(output, "plain", flipped);
    return true;
  },

  lowerPlain(node, lowering) {
    const { unsigned, form, scale, zeroPoint } = parametersOf(node);
    const [output] = node.outputs;
    const { shape } = lowering.tensor(output);
    const count = elementCount(shape);
    const stored = unsigned ? lowering.temporary("int8", shape) : lowering.define(output, "plain");
    const io = { inputs: [lowering.plain(node.inputs[0])], outputs: [stored] };
    const params = { count, scale, ...(form === "s8" && { zero_point: zeroPoint }) };
    lowering.step(node, `nn_quantize_f32_${form}`, io, params);
    if (!unsigned) return;
    const flipped = lowering.temporary("int8", shape);
    flip(node, lowering, stored, flipped, count);
    lowering.defineView(output, "plain", flipped);
  },
};

/** A constant with its quantisation, where the integer kernels can use it; undefined for any other form. */
function storedConstant(
  x: Tensor,
  { known, axis, blockSize }: Operands,
): Pick<Tensor, "data" | "quantization"> | undefined {
  if (!x.data || !known || blockSize > 0 || (!isCanonical(x.type, known.zeros) && x.type !== "int32")) {
    return undefined;
  }
  const offset = x.type === "uint8" ? 128 : 0;
  const type = x.type === "uint8" ? "int8" : x.type;
  const zeroPoint = known.zeros.map((z) => z - offset);
  const data = x.type === "uint8" ? Int8Array.from(x.data as Uint8Array, (v) => v - 128) : x.data;
  const perAxis = known.scales.length > 1 && known.scales.length === x.shape[axis];
  if (known.scales.length > 1 && !perAxis) return undefined;
  return { data, quantization: { type, scale: known.scales, zeroPoint, ...(perAxis && { axis }) } };
}

/** ONNX DequantizeLinear-10 to -24. */
export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  inputs: [2, 3],
  notes:
    "int8, uint8, int16, uint16, int32; per tensor, along an axis or in blocks; in 8 bits per tensor, and in int16 without a zero point, it is free",
  elementwiseUnary: true,
  infer: (_node, [x]) => [{ type: "float32", shape: x!.shape }],
  permute: (node) => node.attributes,

  normalise(node, build) {
    const operands = operandsOf(node, build);
    const { x, scale, zeroPoint, known } = operands;
    const [output] = node.outputs;
    const stored = storedConstant(x, operands);
    if (stored) {
      build.addConstant(output, "float32", x.shape, stored.data!, stored.quantization);
      return;
    }
    if (known?.scales.length === 1 && isCanonical(x.type, known.zeros)) {
      const attributes = canonicalAttributes(x.type, known.scales[0], known.zeros[0]);
      if (!x.quantization) build.annotate(x.name, interfaceQuantization(x.type, known.scales[0], known.zeros[0]));
      const { operator, name } = node;
      const quantization = storedQuantization({ ...node, operator, name, attributes });
      build.add(node, "DequantizeLinear", [x.name], attributes, output, quantization);
      return;
    }
    const to = rewriter(node, build);
    const real = x.type === "float32" ? x.name : to.onnx("Cast", [x.name], { to: dataTypeNumber("float32") });
    const centred = zeroPoint ? to.onnx("Sub", [real, broadcast(node, build, zeroPoint, operands)]) : real;
    to.onnx("Mul", [centred, broadcast(node, build, scale, operands)], {}, output);
  },

  lowerInt8(node, lowering) {
    const [output] = node.outputs;
    const x = lowering.plain(node.inputs[0]);
    const { unsigned, form } = parametersOf(node);
    if (!unsigned) {
      lowering.defineView(output, form, x);
      return true;
    }
    const count = elementCount(lowering.tensor(output).shape);
    flip(node, lowering, lowering.reinterpret(x, "int8"), lowering.define(output, "s8"), count);
    return true;
  },

  lowerPlain(node, lowering) {
    const { unsigned, form, scale, zeroPoint } = parametersOf(node);
    const [output] = node.outputs;
    const { shape } = lowering.tensor(output);
    const count = elementCount(shape);
    let x = lowering.plain(node.inputs[0]);
    if (unsigned) {
      const flipped = lowering.temporary("int8", shape);
      flip(node, lowering, lowering.reinterpret(x, "int8"), flipped, count);
      x = flipped;
    }
    const io = { inputs: [x], outputs: [lowering.define(output, "plain")] };
    const params = { count, scale, ...(form === "s8" && { zero_point: zeroPoint }) };
    lowering.step(node, `nn_dequantize_${form}_f32`, io, params);
  },
};

/** The com.microsoft forms, which had 16 bits before ONNX had. */
export const MicrosoftQuantizeLinear: Operator = { ...QuantizeLinear, domain: "com.microsoft" };
export const MicrosoftDequantizeLinear: Operator = { ...DequantizeLinear, domain: "com.microsoft" };
