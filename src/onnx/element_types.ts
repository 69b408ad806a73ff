import { UserError } from "../errors.js";
import type { ElementType } from "../graph/ir.js";
import { quoted } from "../quoted.js";

/** TensorProto.DataType by number; the names of what the IR does not hold serve messages. */
const DATA_TYPES = [
  ...["undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16"],
  ...["float64", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz"],
  ...["float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2"],
];

const SUPPORTED: ReadonlySet<string> = new Set<ElementType>([
  ...(["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "uint32"] as const),
  ...(["int64", "uint64", "bool"] as const),
]);

/** The element type of TensorProto.DataType `number`, or undefined for one that the IR does not hold. */
export function elementTypeOf(number: number): ElementType | undefined {
  const name = DATA_TYPES[number];
  return SUPPORTED.has(name) ? (name as ElementType) : undefined;
}

/** @param what the kind of value, for the message: "initializer", "input"... */
export function requireElementType(number: number, what: string, name: string): ElementType {
  const type = elementTypeOf(number);
  if (type) return type;
  const label = DATA_TYPES[number] ?? `number ${number}`;
  throw new UserError("E_TYPE", `${what} ${quoted(name)} has element type ${label}, which is not supported`, name);
}

/** TensorProto.DataType of an element type. */
export function dataTypeNumber(type: ElementType): number {
  return DATA_TYPES.indexOf(type);
}
