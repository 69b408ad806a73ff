/**
 * float32 functions built from single IEEE 754 operations in a fixed order (Math.fround after each), so that they
 * equal runtime-c/include/nn_math.h in every bit. Arguments must be float32 values. More of them are in float_exact.ts,
 * float_log.ts and float_trig.ts.
 */
const fround = Math.fround;

/** NaN stays NaN; -Infinity and Infinity stand for no bound; where min > max, max wins (ONNX Clip). */
export function clampF32(x: number, min: number, max: number): number {
  let bounded = x;
  if (x < min) bounded = min;
  if (bounded > max) bounded = max;
  return bounded;
}

const powerBits = new Int32Array(1);
const powerValue = new Float32Array(powerBits.buffer);

/** 2^n for n in [-126, 127]. */
export function powerOfTwo(n: number): number {
  powerBits[0] = (n + 127) << 23;
  return powerValue[0];
}

/** The float32 numbers nearest to these. */
export const singles = (...values: number[]): Float32Array => Float32Array.from(values);

/** ((c[0] * x + c[1]) * x + c[2]) ..., rounded after each operation. */
export function horner(x: number, coefficients: Float32Array): number {
  let y = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) y = fround(fround(y * x) + coefficients[i]);
  return y;
}

const LOG2_E = fround(1.44269502);
const LN2_HIGH = 0.693359375;
const LN2_LOW = fround(-2.12194442e-4);
const E6 = fround(1.98756912e-4);
const E5 = fround(1.39819994e-3);
const E4 = fround(8.33345205e-3);
const E3 = fround(4.16657962e-2);
const E2 = fround(0.166666657);
const EXP_MAX = fround(88.7228317);
const EXP_MIN = fround(-87.3365402);

/** e^x within 1 ulp; Infinity above ln(FLT_MAX), 0 below ln(FLT_MIN). */
export function expF32(x: number): number {
  if (x > EXP_MAX) return Infinity;
  if (x < EXP_MIN) return 0;
  if (Number.isNaN(x)) return x;
  const n = fround(fround(x * LOG2_E) + (x < 0 ? -0.5 : 0.5)) | 0;
  const r = fround(fround(x - fround(n * LN2_HIGH)) - fround(n * LN2_LOW));
  let y = E6;
  y = fround(fround(y * r) + E5);
  y = fround(fround(y * r) + E4);
  y = fround(fround(y * r) + E3);
  y = fround(fround(y * r) + E2);
  y = fround(fround(y * r) + 0.5);
  y = fround(fround(fround(y * fround(r * r)) + r) + 1);
  return fround(fround(y * powerOfTwo(n >> 1)) * powerOfTwo(n - (n >> 1)));
}

/** 1 / (1 + e^-x) within 3 ulp; 0 where e^-x overflows. */
export function sigmoidF32(x: number): number {
  return fround(1 / fround(1 + expF32(-x)));
}

const T5 = fround(-5.70498873e-3);
const T4 = fround(2.0639088e-2);
const T3 = fround(-5.37397154e-2);
const T2 = fround(0.133314423);
const T1 = fround(-0.333332807);

/** Hyperbolic tangent within 2 ulp. */
export function tanhF32(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.625) {
    const z = fround(x * x);
    let y = T5;
    y = fround(fround(y * z) + T4);
    y = fround(fround(y * z) + T3);
    y = fround(fround(y * z) + T2);
    y = fround(fround(y * z) + T1);
    return fround(fround(fround(y * z) * x) + x);
  }
  const y = fround(1 - fround(2 / fround(expF32(fround(magnitude + magnitude)) + 1)));
  return x < 0 ? -y : y;
}
