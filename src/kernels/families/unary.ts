/** nn_<operation>_<type>: elementwise functions of one tensor. */
import { roundF32, sqrtF32 } from "../../numerics/float_exact.js";
import * as log from "../../numerics/float_log.js";
import { clampF32, expF32, sigmoidF32, tanhF32 } from "../../numerics/float_math.js";
import * as trig from "../../numerics/float_trig.js";
import { defineKernel, floatFields, int32Fields, type Kernel } from "../kernel.js";
import { countRows } from "../rows.js";
import { BOOL, ELEMENTS, type Element, type ElementKind, headerOf, isBig, parseName, type Scalar } from "./elements.js";
import { type Family, family } from "./family.js";

export interface UnaryOperation {
  readonly on: readonly ElementKind[];
  /** The result is bool, whatever the elements are. */
  readonly test?: true;
  /** Parameters of the function, float32: none, alpha, or alpha and beta. */
  readonly settings?: 1 | 2;
  readonly meaning: string;
  /** Header that the float32 form needs; default nn_math. */
  readonly header?: "nn_math_exact" | "nn_math_log" | "nn_math_trig";
  /** Statements of a C function of `x` (and p->alpha, p->beta) that return the result. */
  c(e: Element): string;
  /** The same in TypeScript for elements of up to 32 bits (x, alpha, beta), and for those of 64 (x). */
  readonly number: Scalar;
  readonly big?: Scalar;
}

const fround = Math.fround;
const SIXTH = fround(1 / 6);

/** A float32 function written in a header of C and its TypeScript twin. */
const real = (
  name: string,
  meaning: string,
  run: (x: number) => number,
  header?: UnaryOperation["header"],
): UnaryOperation => ({
  on: ["float"],
  meaning,
  ...(header && { header }),
  c: () => `return nn_${name}f(x);`,
  number: run,
});

export const UNARY_OPERATIONS = {
  leaky_relu: {
    on: ["float"],
    settings: 1,
    meaning: "x < 0 ? alpha * x : x",
    c: () => "return x < 0.0f ? p->alpha * x : x;",
    number: (x: number, alpha: number) => (x < 0 ? fround(alpha * x) : x),
  },
  sigmoid: real("sigmoid", "1 / (1 + e^-x)", sigmoidF32),
  tanh: real("tanh", "hyperbolic tangent", tanhF32),
  exp: real("exp", "e^x", expF32),
  log: real("log", "natural logarithm", log.logF32, "nn_math_log"),
  sqrt: real("sqrt", "square root, correctly rounded", sqrtF32, "nn_math_exact"),
  floor: real("floor", "largest whole number <= x", Math.floor, "nn_math_exact"),
  ceil: real("ceil", "least whole number >= x", Math.ceil, "nn_math_exact"),
  round: real("round", "nearest whole number, ties to even", roundF32, "nn_math_exact"),
  sin: real("sin", "sine", trig.sinF32, "nn_math_trig"),
  cos: real("cos", "cosine", trig.cosF32, "nn_math_trig"),
  tan: real("tan", "tangent", trig.tanF32, "nn_math_trig"),
  asin: real("asin", "arcsine", trig.asinF32, "nn_math_trig"),
  acos: real("acos", "arccosine", trig.acosF32, "nn_math_trig"),
  atan: real("atan", "arctangent", trig.atanF32, "nn_math_trig"),
  sinh: real("sinh", "hyperbolic sine", log.sinhF32, "nn_math_log"),
  cosh: real("cosh", "hyperbolic cosine", log.coshF32, "nn_math_log"),
  asinh: real("asinh", "inverse of the hyperbolic sine", log.asinhF32, "nn_math_log"),
  acosh: real("acosh", "inverse of the hyperbolic cosine", log.acoshF32, "nn_math_log"),
  atanh: real("atanh", "inverse of the hyperbolic tangent", log.atanhF32, "nn_math_log"),
  erf: real("erf", "error function", log.erfF32, "nn_math_log"),
  softplus: real("softplus", "ln(1 + e^x)", log.softplusF32, "nn_math_log"),
  mish: real("mish", "x * tanh(ln(1 + e^x))", log.mishF32, "nn_math_log"),
  gelu: real("gelu", "x * (1 + erf(x / sqrt(2))) / 2", log.geluF32, "nn_math_log"),
  gelu_tanh: real("gelu_tanh", "ONNX Gelu by its approximation with tanh", log.geluTanhF32, "nn_math_log"),
  elu: {
    on: ["float"],
    settings: 1,
    header: "nn_math_log",
    meaning: "x < 0 ? alpha * (e^x - 1) : x",
    c: () => "return x < 0.0f ? p->alpha * nn_expm1f(x) : x;",
    number: (x: number, alpha: number) => (x < 0 ? fround(alpha * log.expm1F32(x)) : x),
  },
  celu: {
    on: ["float"],
    settings: 1,
    header: "nn_math_log",
    meaning: "x < 0 ? alpha * (e^(x / alpha) - 1) : x",
    c: () => "return x < 0.0f ? p->alpha * nn_expm1f(x / p->alpha) : x;",
    number: (x: number, alpha: number) => (x < 0 ? fround(alpha * log.expm1F32(fround(x / alpha))) : x),
  },
  selu: {
    on: ["float"],
    settings: 2,
    header: "nn_math_log",
    meaning: "beta * (x < 0 ? alpha * (e^x - 1) : x)",
    c: () => "return p->beta * (x < 0.0f ? p->alpha * nn_expm1f(x) : x);",
    number: (x: number, alpha: number, beta: number) => fround(beta * (x < 0 ? fround(alpha * log.expm1F32(x)) : x)),
  },
  swish: {
    on: ["float"],
    settings: 1,
    meaning: "x / (1 + e^(-alpha * x))",
    c: () => "return x * nn_sigmoidf(p->alpha * x);",
    number: (x: number, alpha: number) => fround(x * sigmoidF32(fround(alpha * x))),
  },
  softsign: {
    on: ["float"],
    header: "nn_math_exact",
    meaning: "x / (1 + |x|)",
    c: () => "return x / (1.0f + nn_fabsf(x));",
    number: (x: number) => fround(x / fround(1 + Math.abs(x))),
  },
  thresholded_relu: {
    on: ["float"],
    settings: 1,
    meaning: "x > alpha ? x : 0",
    c: () => "return x > p->alpha ? x : 0.0f;",
    number: (x: number, alpha: number) => (x > alpha ? x : 0),
  },
  shrink: {
    on: ["float"],
    settings: 2,
    meaning: "x < -beta ? x + alpha : x > beta ? x - alpha : 0",
    c: () => "return x < -p->beta ? x + p->alpha : x > p->beta ? x - p->alpha : 0.0f;",
    number: (x: number, alpha: number, beta: number) =>
      x < -beta ? fround(x + alpha) : x > beta ? fround(x - alpha) : 0,
  },
  hard_sigmoid: {
    on: ["float"],
    settings: 2,
    meaning: "clamp(alpha * x + beta, 0, 1)",
    c: () => "return nn_clamp_f32(p->alpha * x + p->beta, 0.0f, 1.0f);",
    number: (x: number, alpha: number, beta: number) => clampF32(fround(fround(alpha * x) + beta), 0, 1),
  },
  hard_swish: {
    on: ["float"],
    meaning: "x * clamp(x / 6 + 0.5, 0, 1)",
    c: () => "return x * nn_clamp_f32(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);",
    number: (x: number) => fround(x * clampF32(fround(fround(x * SIXTH) + 0.5), 0, 1)),
  },
  clip: {
    on: ["float"],
    settings: 2,
    meaning: "clamp(x, alpha, beta)",
    c: () => "return nn_clamp_f32(x, p->alpha, p->beta);",
    number: clampF32,
  },
  neg: {
    on: ["float", "int"],
    meaning: "-x",
    c: (e) => (e.kind === "float" ? "return -x;" : `return (${e.c})(0u - (${e.wide})x);`),
    number: (x: number) => -x,
    big: (x: bigint) => -x,
  },
  abs: {
    on: ["float", "int", "uint"],
    meaning: "|x|; the least integer stays",
    c: (e) =>
      e.kind === "float"
        ? "return x < 0.0f ? -x : x + 0.0f;"
        : e.kind === "uint"
          ? "return x;"
          : `return x < 0 ? (${e.c})(0u - (${e.wide})x) : x;`,
    number: Math.abs,
    big: (x: bigint) => (x < 0n ? -x : x),
  },
  reciprocal: {
    on: ["float"],
    meaning: "1 / x",
    c: () => "return 1.0f / x;",
    number: (x: number) => fround(1 / x),
  },
  sign: {
    on: ["float", "int", "uint"],
    meaning: "1, 0 or -1; NaN stays NaN",
    c: (e) =>
      e.kind === "float"
        ? "return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;"
        : e.kind === "uint"
          ? "return x != 0;"
          : `return (${e.c})((x > 0) - (x < 0));`,
    number: (x: number) => (x > 0 ? 1 : x < 0 ? -1 : x),
    big: (x: bigint) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  },
  not: {
    on: ["bool"],
    meaning: "logical not",
    c: () => "return !x;",
    number: (x: number) => x === 0,
  },
  bitwise_not: {
    on: ["int", "uint"],
    meaning: "~x",
    c: (e) => `return (${e.c})~x;`,
    number: (x: number) => ~x,
    big: (x: bigint) => ~x,
  },
  is_nan: {
    on: ["float"],
    test: true,
    meaning: "1 for NaN",
    c: () => "return x != x;",
    number: (x: number) => Number.isNaN(x),
  },
  is_inf: {
    on: ["float"],
    test: true,
    settings: 2,
    meaning: "1 for -infinity unless alpha is 0, for infinity unless beta is 0",
    c: () => "return (x == -INFINITY && p->alpha != 0.0f) || (x == INFINITY && p->beta != 0.0f);",
    number: (x: number, alpha: number, beta: number) =>
      (x === -Infinity && alpha !== 0) || (x === Infinity && beta !== 0),
  },
} satisfies Record<string, UnaryOperation>;

export type UnaryName = keyof typeof UNARY_OPERATIONS;

export type UnaryParams = { count: number; alpha?: number; beta?: number };

function make(name: string): Kernel {
  const { operation: key, element: e } = parseName(name, "")!;
  const operation: UnaryOperation = UNARY_OPERATIONS[key as UnaryName];
  const settings = operation.settings ?? 0;
  const apply = (isBig(e) ? operation.big : operation.number) as unknown as (
    x: number,
    alpha: number,
    beta: number,
  ) => number;
  const result = operation.test ? BOOL : e;
  return defineKernel<UnaryParams>({
    name,
    inputs: 1,
    outputs: 1,
    params: [...int32Fields("count"), ...(settings ? floatFields(["alpha", "beta"].slice(0, settings).join(" ")) : [])],
    constants: [],
    inPlace: result === e ? [[0, 0]] : [],
    scratch: () => 0,
    rows: countRows("count"),
    template: {
      name: "unary",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, result: result.c, meaning: operation.meaning },
        ...{ body: operation.c(e), header: headerOf(operation, e), alpha: settings > 0, beta: settings > 1 },
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const output = outputs[0] as Float32Array;
      const alpha = fround(p.alpha ?? 0);
      const beta = fround(p.beta ?? 0);
      for (let i = 0; i < p.count; i++) output[i] = apply(input[i], alpha, beta);
    },
  });
}

export function unaryKernelName(operation: UnaryName, e: Element): string {
  return `nn_${operation}_${e.suffix}`;
}

/** Whether the operation exists for such elements. */
export function hasUnary(operation: UnaryName, e: Element): boolean {
  const found: UnaryOperation = UNARY_OPERATIONS[operation];
  return found.on.includes(e.kind) && (!isBig(e) || found.big !== undefined);
}

export const unaryFamily: Family = family(
  "unary",
  (Object.keys(UNARY_OPERATIONS) as UnaryName[]).flatMap((operation) =>
    ELEMENTS.filter((e) => hasUnary(operation, e)).map((e) => unaryKernelName(operation, e)),
  ),
  make,
);
