/** Real values as a program's tensors store them, and back. */
import { fromNumbers, newArray, type Quantization, STORED_BOUNDS, type TypedArray } from "../graph/ir.js";
import type { ProgramTensor } from "../graph/program.js";
import { roundHalfEven } from "../numerics/requantize.js";

/** Real values of stored elements. */
export function realValues(tensor: ProgramTensor, data: TypedArray): Float32Array {
  const { scale, zeroPoint = 0 } = tensor;
  if (scale === undefined) return Float32Array.from(data as ArrayLike<number | bigint>, Number);
  return Float32Array.from(data as Int8Array, (q) => (q - zeroPoint) * scale);
}

/** Elements as the input stores them: quantised half to even for an input with a scale. */
export function storedValues(tensor: ProgramTensor, real: Float32Array): TypedArray {
  const { scale, zeroPoint = 0 } = tensor;
  if (scale === undefined) return fromNumbers(tensor.type, real);
  const [low, high] = STORED_BOUNDS[tensor.type as Quantization["type"]];
  const stored = newArray(tensor.type, real.length) as Int8Array;
  real.forEach((x, i) => {
    stored[i] = Math.max(low, Math.min(high, roundHalfEven(Math.fround(x / Math.fround(scale))) + zeroPoint));
  });
  return stored;
}
