import { roundHalfEven } from "./requantize.js";

export interface SoftmaxTable {
  /** Entry d: exp(-d * inScale) in units of the first entry. */
  readonly table: Uint16Array;
  /** numerator / 2^denominatorShift approximates 1 / outScale. */
  readonly numerator: number;
  readonly denominatorShift: number;
}

/** Terms and denominators of the kernel stay below this. */
const LIMIT = 2 ** 32;

/** Largest error in output steps, against the unrounded real softmax, that is still called int8 softmax. */
const MAX_ERROR = 16;

/**
 * Tables of the int8 softmax over `count` values, such that nothing in the kernel exceeds uint32; undefined where that
 * would cost more than MAX_ERROR output steps (very small output scales, very long axes).
 * With top the first entry, the error is at most
 *     0.5 + |numerator / 2^denominatorShift - 1 / outScale| + (1 + count) / (2 * top * outScale)
 * output steps: 1.0 for 256 values at 1 / 256.
 * @param inScale scale of the logits
 * @param count values along the axis, at least 1
 * @param outScale scale of the result, usually 1 / 256
 */
export function softmaxTable(inScale: number, count: number, outScale: number): SoftmaxTable | undefined {
  const inverse = 1 / outScale;
  for (let top = 65535; top >= 255; top = Math.floor(top / 2)) {
    const form = rational(inverse, top, count);
    if (!form) continue;
    const slope = Math.abs(form.numerator / 2 ** form.denominatorShift - inverse);
    if (0.5 + slope + (1 + count) / (2 * top * outScale) > MAX_ERROR) return undefined;
    return { table: exponentials(inScale, top), ...form };
  }
  return undefined;
}

/** Entry d: exp(-d * inScale) in units of 1 / top. */
export function exponentials(inScale: number, top: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, d) => roundHalfEven(Math.exp(-d * inScale) * top));
}

/** The finest form of `inverse` for which top * numerator + half the denominator, and the denominator, fit. */
function rational(inverse: number, top: number, count: number) {
  for (let shift = 7; shift >= 0; shift--) {
    const numerator = Math.round(inverse * 2 ** shift);
    const denominator = top * count * 2 ** shift;
    if (numerator < 1 || denominator >= LIMIT || top * numerator + denominator / 2 >= LIMIT) continue;
    let reduced = { numerator, denominatorShift: shift };
    while (reduced.denominatorShift > 0 && reduced.numerator % 2 === 0) {
      reduced = { numerator: reduced.numerator / 2, denominatorShift: reduced.denominatorShift - 1 };
    }
    return reduced;
  }
  return undefined;
}
