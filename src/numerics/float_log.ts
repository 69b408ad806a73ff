/**
 * float32 functions around exponential and logarithm: twin of runtime-c/include/nn_math_log.h, which says how each
 * works. One Math.fround after each operation; arguments must be float32 values.
 */
import { bitsOf, ofBits, sqrtF32, withSignOf } from "./float_exact.js";
import { expF32, horner, powerOfTwo, singles, tanhF32 } from "./float_math.js";

const fround = Math.fround;

const LN2_HIGH = 0.693359375;
const LN2_LOW = fround(-2.12194442e-4);
const LN2 = fround(0.693147182);
const LOG2_E = fround(1.44269502);
const FLOAT_MIN = fround(1.17549435e-38);

/** m in [sqrt(1/2), sqrt(2)) and n with x = m * 2^n. */
function splitExponent(given: number): { m: number; n: number } {
  const subnormal = given < FLOAT_MIN ? 24 : 0;
  const bits = bitsOf(given * 2 ** subnormal);
  const exponent = (bits - 0x3f3504f3) >> 23;
  return { m: ofBits(bits - (exponent << 23)), n: exponent - subnormal };
}

const LOG = singles(
  ...[7.03768358e-2, -0.115146101, 0.116769984, -0.124201409, 0.142493233],
  ...[-0.166680574, 0.200007141, -0.24999994, 0.333333313],
);

/** Natural logarithm. */
export function logF32(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x < 0 ? NaN : x;
  const { m, n } = splitExponent(x);
  const r = fround(m - 1);
  const z = fround(r * r);
  let y = fround(fround(horner(r, LOG) * r) * z);
  y = fround(y + fround(n * LN2_LOW));
  y = fround(y - fround(0.5 * z));
  return fround(fround(r + y) + fround(n * LN2_HIGH));
}

/** ln(1 + x). */
export function log1pF32(x: number): number {
  const u = fround(1 + x);
  if (u === 1) return x;
  if (x > 16777216) return logF32(x);
  return fround(logF32(u) * fround(x / fround(u - 1)));
}

const EXP = singles(1.98756912e-4, 1.39819994e-3, 8.33345205e-3, 4.16657962e-2, 0.166666657, 0.5);

/** e^x - 1. */
export function expm1F32(x: number): number {
  if (x > 17.5) return fround(expF32(x) - 1);
  if (x < -17.5) return -1;
  if (Number.isNaN(x)) return x;
  const n = fround(fround(x * LOG2_E) + (x < 0 ? -0.5 : 0.5)) | 0;
  const r = fround(fround(x - fround(n * LN2_HIGH)) - fround(n * LN2_LOW));
  const y = fround(fround(horner(r, EXP) * fround(r * r)) + r);
  const power = powerOfTwo(n);
  return n === 0 ? y : fround(fround(y * power) + fround(power - 1));
}

const SINH = singles(2.03721915e-4, 8.33028369e-3, 0.166667163);

export function sinhF32(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 1) {
    const z = fround(x * x);
    return fround(fround(fround(horner(z, SINH) * z) * x) + x);
  }
  if (magnitude > 88) {
    const root = expF32(fround(0.5 * magnitude));
    return withSignOf(x, fround(fround(0.5 * root) * root));
  }
  const power = expF32(magnitude);
  const y = fround(fround(0.5 * power) - fround(0.5 / power));
  return x < 0 ? -y : y;
}

export function coshF32(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 88) {
    const root = expF32(fround(0.5 * magnitude));
    return fround(fround(0.5 * root) * root);
  }
  const power = expF32(magnitude);
  return fround(fround(0.5 * power) + fround(0.5 / power));
}

export function asinhF32(x: number): number {
  const a = Math.abs(x);
  if (a > 4096) return withSignOf(x, fround(logF32(a) + LN2));
  const z = fround(a * a);
  return withSignOf(x, log1pF32(fround(a + fround(z / fround(1 + sqrtF32(fround(z + 1)))))));
}

/** NaN below 1. */
export function acoshF32(x: number): number {
  if (x > 4096) return fround(logF32(x) + LN2);
  const t = fround(x - 1);
  return log1pF32(fround(t + sqrtF32(fround(t * fround(x + 1)))));
}

/** Infinite at -1 and 1, NaN beyond. */
export function atanhF32(x: number): number {
  const a = Math.abs(x);
  const y = fround(0.5 * log1pF32(fround(fround(a + a) / fround(1 - a))));
  return x < 0 ? -y : x === 0 ? x : y;
}

/** ln(1 + e^x) (ONNX Softplus). */
export function softplusF32(x: number): number {
  return x > 0 ? fround(x + log1pF32(expF32(-x))) : log1pF32(expF32(x));
}

/** x * tanh(ln(1 + e^x)) (ONNX Mish). */
export function mishF32(x: number): number {
  if (x > 20) return x;
  const power = expF32(x);
  const w = fround(power * fround(power + 2));
  return fround(x * fround(w / fround(w + 2)));
}

const ERF_FAR = singles(
  ...[-1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2],
  ...[-0.106777877, -0.634846687, -0.128717512],
);
const ERF_NEAR = singles(-5.99104969e-4, 4.99339588e-3, -2.67667342e-2, 0.112818025, -0.376124859, 0.128379151);

/** Error function. */
export function erfF32(x: number): number {
  const t = Math.abs(x);
  const z = fround(x * x);
  if (t > 0.921875) {
    if (t > 4) return x < 0 ? -1 : 1;
    const y = fround(1 - expF32(fround(fround(horner(t, ERF_FAR) * t) - t)));
    return x < 0 ? -y : y;
  }
  return fround(fround(horner(z, ERF_NEAR) * x) + x);
}

const SQRT_HALF = fround(0.707106769);

/** ONNX Gelu. */
export function geluF32(x: number): number {
  return fround(fround(0.5 * x) * fround(1 + erfF32(fround(x * SQRT_HALF))));
}

const SQRT_2_OVER_PI = fround(0.797884583);
const GELU_CUBE = fround(0.0447149985);

/** ONNX Gelu, approximate = tanh. */
export function geluTanhF32(x: number): number {
  const cube = fround(fround(x * x) * x);
  const inner = fround(SQRT_2_OVER_PI * fround(x + fround(GELU_CUBE * cube)));
  return fround(fround(0.5 * x) * fround(1 + tanhF32(inner)));
}

/** The upper 12 bits of the significand: products of two such halves are exact. */
const upperHalf = (x: number): number => ofBits(bitsOf(x) & 0xfffff000);

const ARTANH = singles(0.181818187, 0.222222224, 0.285714298, 0.400000006, 0.666666687);
const POWER_MIN = fround(-87.3365402);
const POWER_MAX = fround(88.8);

/** x^y for finite x > 0 and finite y. */
function powPositive(x: number, y: number): number {
  const { m, n } = splitExponent(x);
  const r = fround(m - 1);
  const q = fround(m + 1);
  const qRest = fround(m - fround(q - 1));
  const s = fround(r / q);
  const sHigh = upperHalf(s);
  const sLow = fround(s - sHigh);
  const qHigh = upperHalf(q);
  const qLow = fround(q - qHigh);
  let remainder = fround(r - fround(sHigh * qHigh));
  remainder = fround(remainder - fround(sHigh * qLow));
  remainder = fround(remainder - fround(sLow * qHigh));
  remainder = fround(remainder - fround(sLow * qLow));
  remainder = fround(remainder - fround(s * qRest));
  const sRest = fround(remainder / q);
  const z = fround(s * s);
  const tail = fround(fround(horner(z, ARTANH) * z) * s);
  const exponent = fround(n * LN2_HIGH);
  const sum = fround(exponent + 2 * s);
  const sumRest = fround(
    fround(fround(exponent - sum) + 2 * s) + fround(fround(n * LN2_LOW) + fround(2 * sRest + tail)),
  );
  const log = fround(sum + sumRest);
  const logRest = fround(fround(sum - log) + sumRest);

  const power = fround(y * log);
  if (power > POWER_MAX) return Infinity;
  if (power < POWER_MIN) return 0;
  const yHigh = upperHalf(y);
  const yLow = fround(y - yHigh);
  const logHigh = upperHalf(log);
  const logLow = fround(log - logHigh);
  let error = fround(fround(yHigh * logHigh) - power);
  error = fround(error + fround(yHigh * logLow));
  error = fround(error + fround(yLow * logHigh));
  error = fround(error + fround(yLow * logLow));
  const powerRest = fround(error + fround(y * logRest));

  const twos = fround(fround(power * LOG2_E) + (power < 0 ? -0.5 : 0.5)) | 0;
  const high = fround(power - fround(twos * LN2_HIGH));
  const low = fround(powerRest - fround(twos * LN2_LOW));
  const reduced = fround(high + low);
  const reducedRest = fround(fround(high - reduced) + low);
  let e = horner(reduced, EXP);
  e = fround(fround(e * fround(reduced * reduced)) + reducedRest);
  e = fround(fround(e + reduced) + 1);
  return fround(fround(e * powerOfTwo(twos >> 1)) * powerOfTwo(twos - (twos >> 1)));
}

/** x^y with the special cases of C's pow; results below FLT_MIN are 0. */
export function powF32(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const a = Math.abs(x);
  const whole = Number.isInteger(y) || !Number.isFinite(y);
  const odd = Math.abs(y % 2) === 1;
  if (x < 0 && a < Infinity && !whole) return NaN;
  let power: number;
  if (a === 0) power = y < 0 ? Infinity : 0;
  else if (a === Infinity) power = y < 0 ? 0 : Infinity;
  else if (a === 1) power = 1;
  else if (!Number.isFinite(y)) power = a > 1 === y > 0 ? Infinity : 0;
  else power = powPositive(a, y);
  return odd ? withSignOf(x, power) : power;
}
