/** The real functions behind one-input operators (ONNX definitions), in double precision: int8 tables are built from them. */
import { roundHalfEven } from "./requantize.js";

type Unary = (x: number, alpha: number, beta: number) => number;

/** Error function: erf(x) = 2 / sqrt(pi) * e^(-x^2) * sum of 2^n x^(2n + 1) / (2n + 1)!!, all terms of one sign. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (2 * x * x) / n;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const functions = {
  leaky_relu: (x, alpha) => (x < 0 ? alpha * x : x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: (x) => Math.tanh(x),
  hard_sigmoid: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
  hard_swish: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  /** alpha is the lower bound, beta the upper one; the upper one wins. */
  clip: (x, alpha, beta) => Math.min(beta, Math.max(alpha, x)),
  exp: (x) => Math.exp(x),
  log: (x) => Math.log(x),
  sqrt: (x) => Math.sqrt(x),
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  tan: (x) => Math.tan(x),
  asin: (x) => Math.asin(x),
  acos: (x) => Math.acos(x),
  atan: (x) => Math.atan(x),
  sinh: (x) => Math.sinh(x),
  cosh: (x) => Math.cosh(x),
  asinh: (x) => Math.asinh(x),
  acosh: (x) => Math.acosh(x),
  atanh: (x) => Math.atanh(x),
  erf,
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  round: roundHalfEven,
  elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  celu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  selu: (x, alpha, gamma) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  mish: (x) => x * Math.tanh(softplus(x)),
  swish: (x, alpha) => x / (1 + Math.exp(-alpha * x)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  thresholded_relu: (x, alpha) => (x > alpha ? x : 0),
  /** alpha is the bias, beta is lambda. */
  shrink: (x, alpha, beta) => (x < -beta ? x + alpha : x > beta ? x - alpha : 0),
  neg: (x) => -x,
  sign: (x) => Math.sign(x),
  abs: (x) => Math.abs(x),
  reciprocal: (x) => 1 / x,
} satisfies Record<string, Unary>;

export const unaryFunctions: Readonly<Record<keyof typeof functions, Unary>> = functions;
