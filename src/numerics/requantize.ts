/**
 * The one requantisation of the project (numerics version 1):
 *
 *     q = clamp(zero_point + floor((acc * multiplier + 2^(shift - 1)) / 2^shift), min, max)
 *
 * evaluated exactly, as if in unbounded integers. `multiplier` lies in [2^30, 2^31) unless bits had to be dropped
 * so that |acc| * multiplier + 2^(shift - 1) < 2^63; `shift` lies in [1, 62].
 */

/** Part of every firmware signature: firmware and host must agree on it. */
export const NUMERICS_VERSION = 1;

/** Real multipliers below this have a fixed-point form; a layer with a larger one runs in float32. */
export const MAX_MULTIPLIER = 2 ** 29;

export interface Multiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * Fixed-point form M / 2^n of a real multiplier.
 * @param real in [0, 2^30); 0 gives multiplier 0.
 * @param accumulatorBound largest |acc| that can occur; low bits of M are dropped until the product fits 63 bits.
 */
export function fixedPoint(real: number, accumulatorBound = 2 ** 31): Multiplier {
  if (!(real >= 0 && real < 2 ** 30)) throw new RangeError(`multiplier ${real} out of range`);
  if (real === 0) return { multiplier: 0, shift: 1 };
  let shift = 30 - Math.floor(Math.log2(real));
  let multiplier = Math.round(real * 2 ** shift);
  if (multiplier < 2 ** 30) multiplier = Math.round(real * 2 ** ++shift);
  if (multiplier >= 2 ** 31) multiplier = Math.round(real * 2 ** --shift);
  while (shift > 62 || accumulatorBound * multiplier + 2 ** (shift - 1) >= 2 ** 63) {
    shift -= 1;
    multiplier = Math.round(real * 2 ** shift);
  }
  if (shift < 1) throw new RangeError(`multiplier ${real} out of range`);
  return { multiplier, shift };
}

/** 2^i and 2^-i by table: requantisation is the innermost work of the host reference. */
const POWERS = Float64Array.from({ length: 64 }, (_, i) => 2 ** i);
const INVERSE_POWERS = POWERS.map((power) => 1 / power);

/**
 * floor((acc * multiplier + 2^(shift - 1)) / 2^shift), exact for |acc| <= 2^31 and 0 <= multiplier <= 2^31.
 * Doubles hold acc * multiplier only in two halves; the low 16 bits cannot reach the result when shift >= 17.
 */
export function scaleRounded(acc: number, multiplier: number, shift: number): number {
  if (shift < 17) {
    const n = BigInt(shift);
    return Number((BigInt(acc) * BigInt(multiplier) + (1n << (n - 1n))) >> n);
  }
  const low = multiplier & 0xffff;
  const high = (multiplier - low) * 2 ** -16;
  const top = acc * high + Math.floor(acc * low * 2 ** -16);
  return Math.floor((top + POWERS[shift - 17]) * INVERSE_POWERS[shift - 16]);
}

export function requantize(
  acc: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  min: number,
  max: number,
): number {
  const q = zeroPoint + scaleRounded(acc, multiplier, shift);
  return q < min ? min : q > max ? max : q;
}

/** requantize for |acc| beyond 2^31 too, as far as |acc| * multiplier + 2^(shift - 1) < 2^63. */
export function requantizeWide(
  acc: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  min: number,
  max: number,
): number {
  if (Math.abs(acc) <= 2 ** 31) return requantize(acc, multiplier, shift, zeroPoint, min, max);
  const n = BigInt(shift);
  const q = zeroPoint + Number((BigInt(acc) * BigInt(multiplier) + (1n << (n - 1n))) >> n);
  return q < min ? min : q > max ? max : q;
}

/** Round half to even, as float32 -> integer quantisation (QuantizeLinear) and tables use it. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const diff = x - floor;
  if (diff < 0.5) return floor;
  if (diff > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
