import { UserError } from "../errors.js";
import type { ElementType } from "../graph/ir.js";
import { quoted } from "../quoted.js";

/** TensorProto.DataType by number; the names of what the IR does not hold serve messages. */
const DATA_TYPES = [
  ...["undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16"],
  ...["float64", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz"],
  ...["float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2"],
];

/** Bytes per element of the types that can be read, as TensorProto stores them. */
const STORED_BYTES = {
  ...{ float32: 4, float64: 8, float16: 2, bfloat16: 2, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4 },
  ...{ int64: 8, uint64: 8, bool: 1 },
} as const;

export type StoredType = keyof typeof STORED_BYTES;

export const storedBytes = (type: StoredType): number => STORED_BYTES[type];

/** Reals of every precision are computed in float32. */
export function elementTypeFor(type: StoredType): ElementType {
  return type === "float64" || type === "float16" || type === "bfloat16" ? "float32" : type;
}

function storedTypeOf(number: number): StoredType | undefined {
  const name = DATA_TYPES[number];
  return name !== undefined && Object.hasOwn(STORED_BYTES, name) ? (name as StoredType) : undefined;
}

/** The element type of TensorProto.DataType `number`, or undefined for one that the IR does not hold. */
export function elementTypeOf(number: number): ElementType | undefined {
  const type = storedTypeOf(number);
  return type && elementTypeFor(type);
}

/** @param what the kind of value, for the message: "initializer", "input"... */
export function requireStoredType(number: number, what: string, name: string): StoredType {
  const type = storedTypeOf(number);
  if (type) return type;
  const label = DATA_TYPES[number] ?? `number ${number}`;
  const code = label === "string" ? "E_OUT_OF_SCOPE" : "E_TYPE";
  throw new UserError(code, `${what} ${quoted(name)} has element type ${label}, which is not supported`, name);
}

/** requireStoredType as the element type that the IR has for it. */
export function requireElementType(number: number, what: string, name: string): ElementType {
  return elementTypeFor(requireStoredType(number, what, name));
}

/** TensorProto.DataType of an element type. */
export function dataTypeNumber(type: ElementType): number {
  return DATA_TYPES.indexOf(type);
}
