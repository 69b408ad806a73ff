/** The real functions behind one-input operators (ONNX definitions), in double precision: int8 tables are built from them. */
type Unary = (x: number, alpha: number, beta: number) => number;

const functions = {
  leaky_relu: (x, alpha) => (x < 0 ? alpha * x : x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: (x) => Math.tanh(x),
  hard_sigmoid: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
  hard_swish: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  /** alpha is the lower bound, beta the upper one; the upper one wins. */
  clip: (x, alpha, beta) => Math.min(beta, Math.max(alpha, x)),
  exp: (x) => Math.exp(x),
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  reciprocal: (x) => 1 / x,
} satisfies Record<string, Unary>;

export const unaryFunctions: Readonly<Record<keyof typeof functions, Unary>> = functions;
