/** Twin of runtime-c/include/nn_math_exact.h: what IEEE 754 defines exactly, doubles give as well. */
const fround = Math.fround;

const floats = new Float32Array(1);
const ints = new Int32Array(floats.buffer);

/** The bits of a float32 value as int32. */
export function bitsOf(x: number): number {
  floats[0] = x;
  return ints[0];
}

export function ofBits(bits: number): number {
  ints[0] = bits;
  return floats[0];
}

/** The magnitude (>= 0) with the sign of x. */
export const withSignOf = (x: number, magnitude: number): number =>
  x < 0 || Object.is(x, -0) ? -magnitude : magnitude;

/** To the nearest whole number, ties to even. */
export function roundF32(x: number): number {
  if (!(x > -8388608 && x < 8388608)) return x;
  return withSignOf(x, fround(Math.abs(x) + 8388608) - 8388608);
}

/** Correctly rounded: the root has so many digits that rounding it twice does no harm. */
export const sqrtF32 = (x: number): number => fround(Math.sqrt(x));

/** Remainder of x / y with the sign of x. */
export const fmodF32 = (x: number, y: number): number => x % y;
