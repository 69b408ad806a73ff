/** Compares outputs with the expected ones as the ONNX backend tests do. */
import type { Tensor, TypedArray } from "../graph/ir.js";
import type { ProgramTensor } from "../graph/program.js";

/** |actual - expected| <= atol + rtol * |expected|; the standard tolerance of ONNX's own runner. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

export const STANDARD_TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-7 };

/** Why an output is not the expected one, or undefined when it is. Elements behind the shape do not count. */
export function difference(
  { type, shape }: Pick<ProgramTensor, "type" | "shape">,
  actual: TypedArray,
  expected: Tensor,
  { rtol, atol }: Tolerance,
): string | undefined {
  if (type !== expected.type) return `element type ${type} instead of ${expected.type}`;
  const data = expected.data as TypedArray;
  if (`${shape}` !== `${expected.shape}`) return `shape [${shape}] instead of [${expected.shape}]`;
  for (let i = 0; i < data.length; i++) {
    const [a, b] = [actual[i], data[i]];
    if (a === b) continue;
    const [x, y] = [Number(a), Number(b)];
    if (Number.isNaN(x) && Number.isNaN(y)) continue;
    if (!(Math.abs(x - y) <= atol + rtol * Math.abs(y)) || !Number.isFinite(y)) {
      return `element ${i} is ${a} instead of ${b}`;
    }
  }
  return undefined;
}

/** Whether two results are the same in every bit; all NaNs are one. */
export function sameBits(a: TypedArray, b: TypedArray): boolean {
  for (let i = 0; i < a.length; i++) {
    if (!Object.is(a[i], b[i])) return false;
  }
  return a.length === b.length;
}
