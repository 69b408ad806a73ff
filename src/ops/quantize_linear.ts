/**
 * QuantizeLinear and DequantizeLinear of quantised (QDQ) models: they become quantisation records on the values they
 * surround, so that a QDQ model and a float model quantised here are the same graph. uint8 is stored as int8, its
 * values and zero point lowered by 128.
 */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Quantization, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, toNumbers } from "../graph/ir.js";
import { roundHalfEven } from "../numerics/requantize.js";
import type { Operator } from "./operator.js";

/** ONNX TensorProto.DataType numbers of output_dtype. */
const OUTPUT_TYPES: Readonly<Record<number, Quantization["type"]>> = { 2: "uint8", 3: "int8", 5: "int16", 6: "int32" };

function quantizationOf(node: Node, build: GraphBuilder, x: Tensor, storedType: string | undefined): Quantization {
  const scale = build.optional(node, 1);
  const zeroPoint = build.optional(node, 2);
  const fail = (reason: string): never => {
    throw new UserError("E_QUANTIZATION", `${node.operator} node "${node.name}": ${reason}`, node.name);
  };
  if (!scale?.data || (zeroPoint && !zeroPoint.data)) return fail("scale and zero point must be constant");
  const scales = toNumbers(scale.data).map(Math.fround);
  if (scales.some((s) => !(s > 0 && Number.isFinite(s)))) return fail("every scale must be positive and finite");
  const type = storedType ?? zeroPoint?.type ?? OUTPUT_TYPES[intAttribute(node, "output_dtype", 2)] ?? "uint8";
  if (type !== "int8" && type !== "uint8" && type !== "int32") {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}" stores ${type}; int8, uint8 and (for biases) int32 are supported`,
      node.name,
    );
  }
  const offset = type === "uint8" ? 128 : 0;
  const zeros = zeroPoint ? toNumbers(zeroPoint.data!) : scales.map(() => 0);
  if (zeros.length !== scales.length) return fail(`${scales.length} scales but ${zeros.length} zero points`);
  const base = {
    type: type === "int32" ? "int32" : "int8",
    scale: scales,
    zeroPoint: zeros.map((z) => z - offset),
  } as const;
  if (scales.length === 1) return base;
  if (!x.data) return fail("activations have one scale for the whole tensor, not one per channel");
  const axis = normaliseAxis(node, intAttribute(node, "axis", 1), x.shape.length);
  if (x.shape[axis] !== scales.length) return fail(`${scales.length} scales for axis ${axis} of [${x.shape}]`);
  return { ...base, axis };
}

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
  const [low, high] = q.type === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [-128, 127];
  const result = q.type === "int32" ? new Int32Array(values.length) : new Int8Array(values.length);
  const inner = q.axis === undefined ? values.length : elementCount(shape.slice(q.axis + 1));
  for (let i = 0; i < values.length; i++) {
    const channel = q.axis === undefined ? 0 : Math.floor(i / inner) % q.scale.length;
    const stored = roundHalfEven(Math.fround(values[i] / q.scale[channel])) + q.zeroPoint[channel];
    result[i] = Math.max(low, Math.min(high, stored));
  }
  return result;
}

/** ONNX QuantizeLinear-10 to -24. */
export const QuantizeLinear: Operator = {
  name: "QuantizeLinear",
  inputs: [2, 3],
  notes: "int8 and uint8; per tensor, or per channel for constants",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const q = quantizationOf(node, build, x, undefined);
    if (x.data && !x.quantization) {
      const data = quantizeData(x.data as Float32Array, x.shape, q);
      build.addConstant(node.outputs[0], "float32", x.shape, data, q);
      return;
    }
    if (!x.quantization) build.annotate(x.name, q);
    if (!x.quantization || sameQuantization(x.quantization, q)) {
      build.alias(node.outputs[0], x.name);
      return;
    }
    // A second quantisation of one value: a step of its own that changes the scale.
    const bounds = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
    build.add(node, "Clip", [x.name], bounds, node.outputs[0], q);
  },
};

/** ONNX DequantizeLinear-10 to -24. */
export const DequantizeLinear: Operator = {
  name: "DequantizeLinear",
  inputs: [2, 3],
  notes: "int8, uint8, and int32 for biases; per tensor, or per channel for constants",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const q = quantizationOf(node, build, x, x.quantization?.type ?? x.type);
    if (x.quantization) {
      const asStored = build.optional(node, 2)?.type === "uint8" ? quantizationOf(node, build, x, "uint8") : q;
      if (!sameQuantization(x.quantization, asStored)) {
        throw new UserError(
          "E_QUANTIZATION",
          `DequantizeLinear node "${node.name}": scale or zero point differ from those the value was quantised with`,
          node.name,
        );
      }
      build.alias(node.outputs[0], x.name);
      return;
    }
    if (x.data) {
      const shifted =
        q.type === "int32"
          ? (x.data as Int32Array)
          : Int8Array.from(toNumbers(x.data), (v) => (x.type === "uint8" ? v - 128 : v));
      build.addConstant(node.outputs[0], "float32", x.shape, shifted, q);
      return;
    }
    // An integer graph input: the firmware takes it as it is.
    build.retype(x.name, "float32", q);
    build.alias(node.outputs[0], x.name);
  },
};
