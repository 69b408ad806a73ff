import { exponentials } from "./softmax.js";

/** Fractional bits of the kernel's logarithm. */
export const LOG_BITS = 16;

export interface LogSoftmaxTable {
  /** Entry d: exp(-d * inScale) in units of the first entry. */
  readonly table: Uint16Array;
  /** log2 of the first entry, 2^16 is 1, less half a unit, because the kernel's logarithm rounds down. */
  readonly logTop: number;
  /** inScale / outScale and ln(2) / 2^16 / outScale, both times 2^shift, below 2^31. */
  readonly difference: number;
  readonly logarithm: number;
  readonly shift: number;
}

/** Largest error in output steps, against the unrounded real function, that is still called int8. */
const MAX_ERROR = 16;

/**
 * Constants of the int8 LogSoftmax over `count` values; undefined where a factor does not fit or the error exceeds
 * MAX_ERROR output steps. With top the first entry and x = (count - 1) / (2 * top), the error is at most
 *     0.5 + (128 + 2^15 * log2(count)) / 2^shift + (x / (1 - x) + 2^-16) / outScale
 * output steps: 0.51 for 10 values at an output scale of 0.05.
 * @param inScale scale of the logits
 * @param count values along the axis, at least 1
 * @param outScale scale of the result
 */
export function logSoftmaxTable(inScale: number, count: number, outScale: number): LogSoftmaxTable | undefined {
  let top = 65535;
  while (top * count >= 2 ** 32) top = Math.floor(top / 2);
  const factors = [inScale / outScale, Math.LN2 / 2 ** LOG_BITS / outScale];
  let shift = 46;
  while (shift > 0 && factors.some((factor) => Math.round(factor * 2 ** shift) >= 2 ** 31)) shift--;
  const tableError = (count - 1) / (2 * top);
  const slope = (128 + 2 ** (LOG_BITS - 1) * Math.log2(count)) / 2 ** shift;
  const error = 0.5 + slope + (tableError / (1 - tableError) + 2 ** -LOG_BITS) / outScale;
  if (shift < 1 || top < 255 || tableError >= 0.5 || error > MAX_ERROR) return undefined;
  const [difference, logarithm] = factors.map((factor) => Math.round(factor * 2 ** shift));
  const logTop = Math.round(2 ** LOG_BITS * Math.log2(top) - 0.5);
  return { table: exponentials(inScale, top), logTop, difference, logarithm, shift };
}

/** floor(2^16 * log2(x)), or one less, for an integer x of 1 to 2^32 - 1: one bit of the result per squaring. */
export function log2Fixed(x: number): number {
  const whole = 31 - Math.clz32(x);
  let mantissa = BigInt(x) << BigInt(31 - whole);
  let result = whole;
  for (let bit = 0; bit < LOG_BITS; bit++) {
    const square = mantissa * mantissa;
    const doubled = square >> 63n;
    mantissa = square >> (31n + doubled);
    result = 2 * result + Number(doubled);
  }
  return result;
}
