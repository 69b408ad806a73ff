/**
 * Trigonometric float32 functions: twin of runtime-c/include/nn_math_trig.h, which says how each works. One
 * Math.fround after each operation; arguments must be float32 values.
 */
import { bitsOf, sqrtF32 } from "./float_exact.js";
import { horner, singles } from "./float_math.js";

const fround = Math.fround;

const TWO_OVER_PI = fround(0.636619747);
const [HALF_PI_1, HALF_PI_2, HALF_PI_3, HALF_PI_4] = singles(1.5703125, 4.83751297e-4, 7.54953362e-8, 2.56334407e-12);
const HALF_PI_SCALED = fround(1.46291812e-9);
const TURN_BITS = 0x28be60db9391054a7f09d5f47d4d377036d8a5664f10e4107f9458ean;

interface Reduced {
  readonly r: number;
  readonly quadrant: number;
}

function reduceLarge(x: number): Reduced {
  const bits = bitsOf(x);
  const mantissa = BigInt((bits & 0x7fffff) | 0x800000) << 8n;
  const exponent = ((bits >>> 23) & 0xff) - 126;
  // The bits of 1 / (2 pi) from 32 places before `exponent` on.
  const word = BigInt.asUintN(96, TURN_BITS >> BigInt(7 * 32 - 64 - exponent));
  const product = BigInt.asUintN(64, (mantissa * word) >> 32n);
  let turns = Number(product >> 62n);
  let fraction = BigInt.asUintN(62, product);
  let sign = 1;
  if (fraction >> 61n) {
    fraction = (1n << 62n) - fraction;
    turns += 1;
    sign = -1;
  }
  if (x < 0) {
    turns = -turns;
    sign = -sign;
  }
  const low = fround(fround(Number(BigInt.asUintN(32, fraction))) * 2 ** -32);
  const part = fround(fround(Number(fraction >> 32n)) + low);
  return { r: sign * fround(part * HALF_PI_SCALED), quadrant: turns & 3 };
}

/** x = quadrant * pi/2 + r, |r| <= pi/4 (a little more by rounding), for any finite x. */
function reduceHalfPi(x: number): Reduced {
  if (!(x > -1024 && x < 1024)) return reduceLarge(x);
  const n = fround(fround(x * TWO_OVER_PI) + (x < 0 ? -0.5 : 0.5)) | 0;
  let r = fround(x - fround(n * HALF_PI_1));
  r = fround(r - fround(n * HALF_PI_2));
  r = fround(r - fround(n * HALF_PI_3));
  r = fround(r - fround(n * HALF_PI_4));
  return { r, quadrant: n & 3 };
}

const SIN = singles(-1.95152956e-4, 8.33216123e-3, -0.166666552);
const COS = singles(2.44331568e-5, -1.38873165e-3, 4.16666456e-2);
const TAN = singles(9.38540185e-3, 3.11992224e-3, 2.44301353e-2, 5.34112789e-2, 0.133387998, 0.333331555);

/** y * z * x + x with y = p(z), z = x^2: an odd function near 0. */
function odd(x: number, p: Float32Array): number {
  const z = fround(x * x);
  return fround(fround(fround(horner(z, p) * z) * x) + x);
}

function cosReduced(r: number): number {
  const z = fround(r * r);
  return fround(fround(fround(horner(z, COS) * z) * z) + fround(1 - fround(0.5 * z)));
}

export function sinF32(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const { r, quadrant } = reduceHalfPi(x);
  const y = quadrant & 1 ? cosReduced(r) : odd(r, SIN);
  return quadrant & 2 ? -y : y;
}

export function cosF32(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const { r, quadrant } = reduceHalfPi(x);
  const y = quadrant & 1 ? odd(r, SIN) : cosReduced(r);
  return (quadrant + 1) & 2 ? -y : y;
}

export function tanF32(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const { r, quadrant } = reduceHalfPi(x);
  const y = odd(r, TAN);
  return quadrant & 1 ? fround(-1 / y) : y;
}

const ASIN = singles(4.21631984e-2, 2.41813101e-2, 4.54700254e-2, 7.49530047e-2, 0.166667521);
const ATAN = singles(8.05374458e-2, -0.138776854, 0.199777111, -0.333329499);
const PI = fround(3.14159274);
const HALF_PI = fround(1.57079637);
const QUARTER_PI = fround(0.785398185);

const asinOfRest = (a: number): number => 2 * odd(sqrtF32(fround(0.5 * fround(1 - a))), ASIN);

/** NaN beyond [-1, 1]. */
export function asinF32(x: number): number {
  const a = Math.abs(x);
  if (a <= 0.5) return odd(x, ASIN);
  const y = fround(HALF_PI - asinOfRest(a));
  return x < 0 ? -y : y;
}

/** NaN beyond [-1, 1]. */
export function acosF32(x: number): number {
  const a = Math.abs(x);
  if (a <= 0.5) return fround(HALF_PI - odd(x, ASIN));
  const y = asinOfRest(a);
  return x < 0 ? fround(PI - y) : y;
}

export function atanF32(x: number): number {
  const a = Math.abs(x);
  let base = 0;
  let t = a;
  if (a > fround(2.41421366)) {
    base = HALF_PI;
    t = fround(-1 / a);
  } else if (a > fround(0.414213568)) {
    base = QUARTER_PI;
    t = fround(fround(a - 1) / fround(a + 1));
  }
  const y = fround(base + odd(t, ATAN));
  return x < 0 ? -y : x === 0 ? x : y;
}
