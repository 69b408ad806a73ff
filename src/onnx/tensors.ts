/** TensorProto -> Tensor: raw data, typed fields and external data of every element type that the IR holds. */
import { UserError } from "../errors.js";
import type { ElementType, Tensor, TypedArray } from "../graph/ir.js";
import { bytesPerElement, elementCount, newArray } from "../graph/ir.js";
import { bfloatToFloat, halfToFloat } from "../numerics/half.js";
import { quoted } from "../quoted.js";
import { elementTypeFor, requireStoredType, type StoredType, storedBytes } from "./element_types.js";
import type { ExternalData } from "./external_data.js";
import type { Int64, TensorProto } from "./proto.js";
import { decodeTensor, EXTERNAL, toBigInt, toNumber } from "./proto.js";

/** No value may have 2^31 bytes or more: int32 offsets and sizes would overflow long before a device holds it. */
export const MAX_TENSOR_BYTES = 2 ** 31;
/** Bound on a model file and on all constants together; the largest external flash of a board is far below it. */
export const MAX_CONSTANT_BYTES = 128 * 2 ** 20;

export interface TensorContext {
  readonly externalData?: ExternalData;
  /** Takes bytes of constant data into account before they are allocated; throws E_SHAPE_TOO_LARGE. */
  readonly spend: (bytes: number, name: string) => void;
}

/** A context that admits MAX_CONSTANT_BYTES in all. */
export function tensorContext(externalData?: ExternalData): TensorContext {
  let total = 0;
  return {
    externalData,
    spend(bytes, name) {
      total += bytes;
      if (total <= MAX_CONSTANT_BYTES) return;
      const limit = MAX_CONSTANT_BYTES / 2 ** 20;
      throw new UserError("E_SHAPE_TOO_LARGE", `constants up to ${quoted(name)} take more than ${limit} MiB`, name);
    },
  };
}

/** @throws UserError E_SHAPE_TOO_LARGE when a value of `type` and `shape` has 2^31 bytes or more. */
export function checkTensorSize(type: ElementType, shape: readonly number[], what: string, name: string): void {
  if (elementCount(shape) * bytesPerElement(type) < MAX_TENSOR_BYTES && shape.every((d) => d < MAX_TENSOR_BYTES))
    return;
  throw new UserError(
    "E_SHAPE_TOO_LARGE",
    `${what} ${quoted(name)} of shape [${shape.join(",")}] has 2 GiB or more; no microcontroller holds it`,
    name,
  );
}

/**
 * @param what kind of constant, for messages: "initializer" or the attribute and node it belongs to.
 * @throws UserError E_TYPE, E_NOT_ONNX (data and shape differ), E_SHAPE_TOO_LARGE, E_EXTERNAL_DATA,
 * E_WEIGHTS_NOT_FINITE.
 */
export function readTensor(proto: TensorProto, name: string, what: string, context: TensorContext): Tensor {
  const tensor = readAnyTensor(proto, name, what, context);
  checkFinite(tensor.data!, name, what);
  return tensor;
}

/** A tensor in a file of its own, as the data of ONNX backend tests are: NaN is a value. */
export function readTensorFile(bytes: Uint8Array, what: string): Tensor {
  const proto = decodeTensor(bytes);
  return readAnyTensor(proto, proto.name ?? "", what, tensorContext());
}

function readAnyTensor(proto: TensorProto, name: string, what: string, context: TensorContext): Tensor {
  const stored = requireStoredType(proto.dataType ?? 0, what, name);
  const type = elementTypeFor(stored);
  const shape = (proto.dims ?? []).map((d) => toNumber(d as Int64));
  if (shape.some((d) => d < 0)) {
    throw new UserError("E_NOT_ONNX", `${what} ${quoted(name)} has a negative dimension: [${shape.join(",")}]`, name);
  }
  if (proto.segment) {
    throw new UserError("E_NOT_ONNX", `${what} ${quoted(name)} is split into segments; store it in one piece`, name);
  }
  checkTensorSize(type, shape, what, name);
  const count = elementCount(shape);
  const data = readData(proto, stored, count, name, what, context);
  return { name, type, shape, data };
}

function readData(
  proto: TensorProto,
  type: StoredType,
  count: number,
  name: string,
  what: string,
  context: TensorContext,
): TypedArray {
  const size = count * storedBytes(type);
  const mismatch = (has: string, needs: string) =>
    new UserError("E_NOT_ONNX", `${what} ${quoted(name)} has ${has}, but its shape needs ${needs}`, name);
  if (proto.dataLocation === EXTERNAL) {
    context.spend(size, name);
    return fromRaw(type, readExternal(proto, size, name, what, context));
  }
  if (proto.rawData != null && proto.rawData.length > 0) {
    if (proto.rawData.length !== size) throw mismatch(`${proto.rawData.length} bytes of data`, `${size}`);
    context.spend(size, name);
    return fromRaw(type, proto.rawData);
  }
  const values = typedField(proto, type);
  if (values.length !== count) throw mismatch(`${values.length} values`, `${count}`);
  context.spend(size, name);
  return fromTyped(type, values);
}

function readExternal(
  proto: TensorProto,
  size: number,
  name: string,
  what: string,
  context: TensorContext,
): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map((entry) => [entry.key, entry.value ?? ""]));
  const fail = (reason: string) => new UserError("E_EXTERNAL_DATA", `${what} ${quoted(name)} ${reason}`, name);
  const location = entries.get("location");
  if (!location) throw fail("names no external data file; export the model again");
  const number = (key: string, fallback: number) => {
    const text = entries.get(key);
    if (text === undefined || text === "") return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (value < 0) throw fail(`has an invalid external data ${key} ${quoted(text)}; export the model again`);
    return value;
  };
  const offset = number("offset", 0);
  const length = number("length", size);
  if (length !== size) throw fail(`has ${length} bytes of external data, but its shape needs ${size}`);
  if (!context.externalData) throw fail("has external data; read the model from its file");
  return context.externalData(location, offset, size);
}

/** Little-endian, as TensorProto.raw_data is; so is every platform that Node runs on. */
function fromRaw(type: StoredType, raw: Uint8Array): TypedArray {
  // A copy of its own: aligned, and not holding the bytes of the whole file.
  const { buffer } = new Uint8Array(raw);
  switch (type) {
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case "bfloat16":
      return Float32Array.from(new Uint16Array(buffer), bfloatToFloat);
    case "float64":
      return Float32Array.from(new Float64Array(buffer));
    case "bool":
      return new Uint8Array(buffer).map((v) => (v === 0 ? 0 : 1));
    default: {
      const View = newArray(type, 0).constructor as new (buffer: ArrayBufferLike) => TypedArray;
      return new View(buffer);
    }
  }
}

/** The field of TensorProto that holds the values of `type` where raw_data is not used. */
function typedField(proto: TensorProto, type: StoredType): readonly Int64[] {
  switch (type) {
    case "float32":
      return proto.floatData ?? [];
    case "float64":
      return proto.doubleData ?? [];
    case "int64":
      return (proto.int64Data ?? []) as Int64[];
    case "uint32":
    case "uint64":
      return (proto.uint64Data ?? []) as Int64[];
    default:
      return proto.int32Data ?? [];
  }
}

function fromTyped(type: StoredType, values: readonly Int64[]): TypedArray {
  switch (type) {
    case "int64":
      return BigInt64Array.from(values, toBigInt);
    case "uint64":
      return BigUint64Array.from(values, toBigInt);
    case "float16":
      return Float32Array.from(values as number[], (bits) => halfToFloat(bits & 0xffff));
    case "bfloat16":
      return Float32Array.from(values as number[], (bits) => bfloatToFloat(bits & 0xffff));
    case "bool":
      return Uint8Array.from(values as number[], (v) => (v === 0 ? 0 : 1));
    default: {
      const result = newArray(elementTypeFor(type), values.length) as Float64Array;
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        result[i] = typeof value === "number" ? value : toNumber(value);
      }
      return result;
    }
  }
}

/** NaN is never a weight. Infinity may be a bound or a mask; canonicalise refuses it where it is a weight. */
function checkFinite(data: TypedArray, name: string, what: string): void {
  if (!(data instanceof Float32Array)) return;
  const bad = data.findIndex(Number.isNaN);
  if (bad < 0) return;
  throw new UserError(
    "E_WEIGHTS_NOT_FINITE",
    `${what} ${quoted(name)} holds ${data[bad]} at index ${bad}; train or export the model again`,
    name,
  );
}
