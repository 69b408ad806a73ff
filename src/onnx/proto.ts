/** The protobuf layer: bytes <-> the plain records of onnx-proto. Nothing outside this folder knows onnx-proto. */
import proto from "onnx-proto";
import { UserError } from "../errors.js";
import { checkWire } from "./wire.js";

const { onnx } = proto;

export type ModelProto = Omit<proto.onnx.IModelProto, "functions"> & { functions?: FunctionProto[] | null };
export type GraphProto = proto.onnx.IGraphProto;
export type NodeProto = proto.onnx.INodeProto;
export type AttributeProto = proto.onnx.IAttributeProto;
/** With the attributes that have a default, a field newer than onnx-proto. */
export type FunctionProto = proto.onnx.IFunctionProto & { readonly attributeProto?: readonly AttributeProto[] };
export type TensorProto = proto.onnx.ITensorProto;
export type ValueInfoProto = proto.onnx.IValueInfoProto;
export const { AttributeType } = onnx.AttributeProto;
export const EXTERNAL = onnx.TensorProto.DataLocation.EXTERNAL;

/** What protobufjs makes of a 64-bit field: a Long, or a number where it was set by hand. */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** @throws UserError E_MODEL_EMPTY or E_NOT_ONNX. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw new UserError("E_MODEL_EMPTY", "the model is empty (0 bytes); export it again");
  checkWire(bytes);
  try {
    const model: ModelProto = onnx.ModelProto.decode(bytes);
    const functions = fieldsOf(bytes, MODEL_FUNCTIONS);
    model.functions?.forEach((made, i) => {
      const defaults = fieldsOf(functions[i], FUNCTION_ATTRIBUTE_PROTO);
      if (defaults.length === 0) return;
      Object.assign(made, { attributeProto: defaults.map((part) => onnx.AttributeProto.decode(part)) });
    });
    return model;
  } catch (error) {
    throw new UserError("E_NOT_ONNX", `not a readable ONNX model: ${(error as Error).message}; export it again`);
  }
}

const MODEL_FUNCTIONS = 25;
const FUNCTION_ATTRIBUTE_PROTO = 11;

/** The length-delimited values of one field of a message that checkWire has passed. */
function fieldsOf(message: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = message[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      if (Math.floor(tag / 8) === field) found.push(message.subarray(at, at + length));
      at += length;
    } else at += wireType === 1 ? 8 : 4;
  }
  return found;
}

/** @throws UserError E_NOT_ONNX. */
export function decodeTensor(bytes: Uint8Array): TensorProto {
  try {
    return onnx.TensorProto.decode(bytes);
  } catch (error) {
    throw new UserError("E_NOT_ONNX", `not a readable tensor: ${(error as Error).message}`);
  }
}

/** The same record gives the same bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  return onnx.ModelProto.encode(model).finish();
}

/** Exact. */
export function toBigInt(value: Int64): bigint {
  if (typeof value === "number") return BigInt(value);
  const bits = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
  return value.unsigned ? bits : BigInt.asIntN(64, bits);
}

/** Exact up to 2^53; beyond it the nearest double, so that INT64_MAX stays "larger than anything". */
export function toNumber(value: Int64 | null | undefined): number {
  return value == null ? 0 : Number(toBigInt(value));
}

const INT64_MAX = { low: -1, high: 0x7fffffff, unsigned: false };
const INT64_MIN = { low: 0, high: -0x80000000, unsigned: false };

/** The inverse of toNumber: doubles outside int64 become its nearest value. */
export function fromNumber(value: number): Int64 {
  if (value >= 2 ** 63) return INT64_MAX;
  if (value <= -(2 ** 63)) return INT64_MIN;
  return value;
}
