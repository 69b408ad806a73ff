/**
 * The graph IR: readonly records with ONNX names and semantics. Every stage from `onnx/read` to `lower` takes a
 * Graph and gives a new one.
 *
 * Conventions
 * - Real-valued tensors have `type: "float32"` throughout. `quantization` says how the value is stored in an int8
 *   program; a constant with `quantization` holds the stored integers in `data`.
 * - After the pass `channels-last`, layout-bound nodes (Conv, ConvTranspose, MaxPool, AveragePool) over two axes carry the attribute
 *   `channels_last: 1`: activations are N,spatial...,C; weights keep the ONNX order (O,I/group,spatial...).
 * - `fused_min` / `fused_max` on a node clamp its output (real values): a fused Relu or Clip.
 */
/** Reading turns float64, float16 and bfloat16 into float32, the one real type that devices compute in. */
export type ElementType =
  | "float32"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

/** bool is Uint8Array of 0 and 1. Float64Array stands for any array of plain numbers where its type does not matter. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export type Shape = readonly number[];

/** real = scale * (stored - zeroPoint), per tensor (length 1) or per index along `axis`. */
export interface Quantization {
  readonly type: "int8" | "uint8" | "int16" | "int32";
  /** float32 values, > 0 and finite. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** Set exactly when scale and zeroPoint are per channel. */
  readonly axis?: number;
  /** Weights that fit in so many bits: their integers lie in [-7, 7]. Absent: all that the type holds. */
  readonly bits?: 4;
}

/** The least and the greatest integer of each stored type. */
export const STORED_BOUNDS: Readonly<Record<Quantization["type"], readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Present exactly for constants. */
  readonly data?: TypedArray;
  readonly quantization?: Quantization;
}

export type AttributeValue = number | string | readonly number[] | readonly string[] | Tensor | Graph;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Node {
  /** Unique and never empty: the ONNX name, or one made from operator and index. */
  readonly name: string;
  readonly operator: string;
  /** "" for ai.onnx. */
  readonly domain: string;
  /** "" stands for an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/**
 * A graph output whose length along `axis` depends on the data: its shape has room for the longest, the indices that
 * count come first and without gaps (row-major in the shorter shape), and the output `count`, int32 [], says how many.
 */
export interface Counted {
  readonly output: string;
  readonly count: string;
  readonly axis: number;
}

export interface Graph {
  readonly name: string;
  /** Version of the ai.onnx operator set. */
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Inputs that take, at every call, what an output was at the call before; both stand in inputs and outputs too. */
  readonly states?: readonly { readonly input: string; readonly output: string }[];
  /** Outputs of a length that depends on the data. */
  readonly counted?: readonly Counted[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Every value by name: inputs, constants, intermediate values. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Inputs that the caller gives: all but states. */
export function fedInputs({ inputs, states }: Graph): string[] {
  const kept = new Set((states ?? []).map(({ input }) => input));
  return inputs.filter((name) => !kept.has(name));
}

export function elementCount(shape: Shape): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
}

const BYTES: Record<ElementType, number> = {
  float32: 4,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
};

export function bytesPerElement(type: ElementType): number {
  return BYTES[type];
}

const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** A zero-filled array that holds `count` elements of `type`. */
export function newArray(type: ElementType, count: number): TypedArray {
  return new ARRAYS[type](count);
}

/** The values as plain numbers (int64 above 2^53 loses precision). */
export function toNumbers(data: TypedArray): number[] {
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** Plain numbers as a typed array of `type`; int64 values are truncated to integers, bool ones become 0 or 1. */
export function fromNumbers(type: ElementType, values: ArrayLike<number>): TypedArray {
  if (type === "int64") return BigInt64Array.from(Array.from(values, (v) => BigInt(Math.trunc(v))));
  if (type === "uint64") return BigUint64Array.from(Array.from(values, (v) => BigInt(Math.trunc(v))));
  const result = newArray(type, values.length) as Float64Array;
  for (let i = 0; i < values.length; i++) result[i] = type === "bool" ? Number(values[i] !== 0) : values[i];
  return result;
}

/** Row-major strides in elements. */
export function strides(shape: Shape): number[] {
  const result = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = step;
    step *= shape[axis];
  }
  return result;
}
