/** nn_<operation>_<type>: elementwise functions of two tensors with broadcasting. */
import { fmodF32 } from "../../numerics/float_exact.js";
import { powF32 } from "../../numerics/float_log.js";
import { clampF32 } from "../../numerics/float_math.js";
import { BROADCAST_FIELDS, type BroadcastParams, forEachPair } from "../broadcast_params.js";
import { defineKernel, floatFields, type Kernel } from "../kernel.js";
import { broadcastRows } from "../rows.js";
import { BOOL, ELEMENTS, type Element, type ElementKind, headerOf, isBig, parseName, type Scalar } from "./elements.js";
import { type Family, family } from "./family.js";

export interface BinaryOperation {
  readonly on: readonly ElementKind[];
  /** The result is bool, whatever the elements are. */
  readonly test?: true;
  /** One line: what it computes, for the header. */
  readonly meaning: string;
  /** Header that the float32 form needs; default nn_math. */
  readonly header?: "nn_math_exact" | "nn_math_log";
  /** Statements of a C function of `a` and `b` that return the result. */
  c(e: Element): string;
  /** The same in TypeScript for elements of up to 32 bits, and for those of 64. */
  readonly number: Scalar;
  readonly big?: Scalar;
  /** The same for float32, where that is another function; the result is rounded to float32. */
  readonly real?: Scalar;
}

const REAL = ["float", "int", "uint"] as const;
const WHOLE = ["int", "uint"] as const;
const ALL = ["float", "int", "uint", "bool"] as const;
const BITS = ["int", "uint", "bool"] as const;

/** `a symbol b`; integers wrap. */
const arithmetic = (symbol: string) => (e: Element) =>
  e.kind === "float" ? `return a ${symbol} b;` : `return (${e.c})((${e.wide})a ${symbol} (${e.wide})b);`;

const compare = (symbol: string) => () => `return (uint8_t)(a ${symbol} b);`;
const bitwise = (symbol: string) => (e: Element) => `return (${e.c})(a ${symbol} b);`;

/** Integer division is undefined in C for a zero divisor, and for the least value by -1. */
const minusOne = (e: Element, then: string) => (e.kind === "int" ? `if (b == -1) {\n        ${then}\n    }\n    ` : "");
const guarded = (e: Element, then: string, otherwise: string) =>
  `if (b == 0) {\n        return 0;\n    }\n    ${minusOne(e, then)}${otherwise}`;

const shifted = (symbol: string) => (e: Element) =>
  `if (b >= ${e.bits}) {\n        return 0;\n    }\n    return (${e.c})((${e.wide})a ${symbol} b);`;

/** By squaring. */
const integerPower = (e: Element) => {
  if (e.kind === "float") return "return nn_powf(a, b);";
  const negative = "if (b < 0) {\n        return a == 1 ? 1 : a == -1 ? ((b & 1) != 0 ? -1 : 1) : 0;\n    }";
  return [
    ...(e.kind === "int" ? [negative] : []),
    `${e.wide} square = (${e.wide})a;`,
    `${e.wide} power = 1;`,
    `for (${e.wide} n = (${e.wide})b; n != 0; n >>= 1) {`,
    "    if ((n & 1) != 0) {",
    "        power *= square;",
    "    }",
    "    square *= square;",
    "}",
    `return (${e.c})power;`,
  ].join("\n    ");
};

/** The same in TypeScript on bigint, which `wrap` brings back into the type. */
function power(a: bigint, b: bigint, wrap: (x: bigint) => bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? ((b & 1n) === 1n ? -1n : 1n) : 0n;
  let result = 1n;
  let square = a;
  for (let n = b; n > 0n; n >>= 1n) {
    if ((n & 1n) === 1n) result = wrap(result * square);
    square = wrap(square * square);
  }
  return result;
}

export const BINARY_OPERATIONS = {
  add: {
    on: REAL,
    meaning: "a + b",
    c: arithmetic("+"),
    number: (a: number, b: number) => a + b,
    big: (a: bigint, b: bigint) => a + b,
  },
  sub: {
    on: REAL,
    meaning: "a - b",
    c: arithmetic("-"),
    number: (a: number, b: number) => a - b,
    big: (a: bigint, b: bigint) => a - b,
  },
  mul: {
    on: REAL,
    meaning: "a * b",
    c: arithmetic("*"),
    number: (a: number, b: number) => a * b,
    big: (a: bigint, b: bigint) => a * b,
  },
  div: {
    on: REAL,
    meaning: "a / b, integers towards zero; 0 for an integer divided by 0",
    c: (e) =>
      e.kind === "float"
        ? "return a / b;"
        : guarded(e, `return (${e.c})(0u - (${e.wide})a);`, `return (${e.c})(a / b);`),
    number: (a: number, b: number) => (b === 0 ? 0 : Math.trunc(a / b)),
    big: (a: bigint, b: bigint) => (b === 0n ? 0n : a / b),
    real: (a: number, b: number) => a / b,
  },
  mod: {
    on: WHOLE,
    meaning: "remainder with the sign of b (ONNX Mod, fmod 0); 0 for b = 0",
    c: (e) =>
      e.kind === "uint"
        ? guarded(e, "", `return (${e.c})(a % b);`)
        : guarded(
            e,
            "return 0;",
            `const ${e.c} rest = (${e.c})(a % b);\n    return rest != 0 && (rest < 0) != (b < 0) ? (${e.c})(rest + b) : rest;`,
          ),
    number: (a: number, b: number) => (b === 0 ? 0 : ((a % b) + b) % b),
    big: (a: bigint, b: bigint) => (b === 0n ? 0n : ((a % b) + b) % b),
  },
  fmod: {
    on: REAL,
    header: "nn_math_exact",
    meaning: "remainder with the sign of a (ONNX Mod, fmod 1); 0 for an integer and b = 0",
    c: (e) => (e.kind === "float" ? "return nn_fmodf(a, b);" : guarded(e, "return 0;", `return (${e.c})(a % b);`)),
    number: (a: number, b: number) => (b === 0 ? 0 : a % b),
    real: fmodF32,
    big: (a: bigint, b: bigint) => (b === 0n ? 0n : a % b),
  },
  min: {
    on: REAL,
    meaning: "the lesser of a and b; NaN where one is NaN",
    c: (e) => `return ${e.kind === "float" ? "b < a || b != b" : "b < a"} ? b : a;`,
    // Not Math.min: it orders -0 before 0, which the comparison in C does not.
    number: (a: number, b: number) => (b < a || Number.isNaN(b) ? b : a),
    big: (a: bigint, b: bigint) => (b < a ? b : a),
  },
  max: {
    on: REAL,
    meaning: "the greater of a and b; NaN where one is NaN",
    c: (e) => `return ${e.kind === "float" ? "b > a || b != b" : "b > a"} ? b : a;`,
    number: (a: number, b: number) => (b > a || Number.isNaN(b) ? b : a),
    big: (a: bigint, b: bigint) => (b > a ? b : a),
  },
  pow: {
    on: REAL,
    header: "nn_math_log",
    meaning: "a to the power of b; integers wrap, and are rounded towards zero for b < 0 (0 for a = 0)",
    c: integerPower,
    number: (a: number, b: number) => Number(power(BigInt(a), BigInt(b), (x) => BigInt.asIntN(32, x))),
    big: (a: bigint, b: bigint) => power(a, b, (x) => BigInt.asUintN(64, x)),
    real: powF32,
  },
  and: {
    on: BITS,
    meaning: "a & b; logical and of bools",
    c: bitwise("&"),
    number: (a: number, b: number) => a & b,
    big: (a: bigint, b: bigint) => a & b,
  },
  or: {
    on: BITS,
    meaning: "a | b; logical or of bools",
    c: bitwise("|"),
    number: (a: number, b: number) => a | b,
    big: (a: bigint, b: bigint) => a | b,
  },
  xor: {
    on: BITS,
    meaning: "a ^ b; logical exclusive or of bools",
    c: bitwise("^"),
    number: (a: number, b: number) => a ^ b,
    big: (a: bigint, b: bigint) => a ^ b,
  },
  shift_left: {
    on: ["uint"],
    meaning: "a << b; 0 from the width of the type on",
    c: shifted("<<"),
    number: (a: number, b: number) => (b < 32 ? a << b : 0),
    big: (a: bigint, b: bigint) => (b < 64n ? a << b : 0n),
  },
  shift_right: {
    on: ["uint"],
    meaning: "a >> b; 0 from the width of the type on",
    c: shifted(">>"),
    number: (a: number, b: number) => (b < 32 ? a >>> b : 0),
    big: (a: bigint, b: bigint) => (b < 64n ? a >> b : 0n),
  },
  equal: {
    on: ALL,
    test: true,
    meaning: "a == b",
    c: compare("=="),
    number: (a: number, b: number) => a === b,
    big: (a: bigint, b: bigint) => a === b,
  },
  less: {
    on: REAL,
    test: true,
    meaning: "a < b",
    c: compare("<"),
    number: (a: number, b: number) => a < b,
    big: (a: bigint, b: bigint) => a < b,
  },
  less_or_equal: {
    on: REAL,
    test: true,
    meaning: "a <= b",
    c: compare("<="),
    number: (a: number, b: number) => a <= b,
    big: (a: bigint, b: bigint) => a <= b,
  },
  prelu: {
    on: REAL,
    meaning: "a < 0 ? a * b : a (ONNX PRelu, b the slope)",
    c: (e) =>
      e.kind === "float"
        ? "return a < 0.0f ? a * b : a;"
        : e.kind === "int"
          ? `return a < 0 ? (${e.c})((${e.wide})a * (${e.wide})b) : a;`
          : "(void)b;\n    return a;",
    number: (a: number, b: number) => (a < 0 ? Math.imul(a, b) : a),
    big: (a: bigint, b: bigint) => (a < 0n ? a * b : a),
    real: (a: number, b: number) => (a < 0 ? a * b : a),
  },
} satisfies Record<string, BinaryOperation>;

export type BinaryName = keyof typeof BINARY_OPERATIONS;

/** Operations on float32 with a fused clamp of the result. */
const clamps = (operation: BinaryOperation, e: Element) => e.kind === "float" && !operation.test;

export type BinaryParams = BroadcastParams & { out_min?: number; out_max?: number };

function make(name: string): Kernel {
  const { operation: key, element: e } = parseName(name, "")!;
  const operation: BinaryOperation = BINARY_OPERATIONS[key as BinaryName];
  const clamped = clamps(operation, e);
  const apply = scalarOf(operation, e);
  const result = operation.test ? BOOL : e;
  return defineKernel<BinaryParams>({
    name,
    inputs: 2,
    outputs: 1,
    params: [...BROADCAST_FIELDS, ...(clamped ? floatFields("out_min out_max") : [])],
    constants: [],
    inPlace:
      result === e
        ? [
            [0, 0],
            [1, 0],
          ]
        : [],
    scratch: () => 0,
    rows: broadcastRows,
    template: {
      name: "binary",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, result: result.c, clamped, meaning: operation.meaning },
        ...{ body: operation.c(e), header: headerOf(operation, e) },
      },
    },
    run(p, { inputs, outputs }) {
      const [a, b] = inputs as Float32Array[];
      const output = outputs[0] as Float32Array;
      if (clamped) {
        forEachPair(p, (x, y, out) => {
          output[out] = clampF32(Math.fround(apply(a[x], b[y])), p.out_min!, p.out_max!);
        });
      } else {
        forEachPair(p, (x, y, out) => {
          output[out] = apply(a[x], b[y]);
        });
      }
    },
  });
}

export function scalarOf(operation: BinaryOperation, e: Element): (a: number, b: number) => number {
  if (isBig(e)) return operation.big as unknown as (a: number, b: number) => number;
  // Products of 32-bit integers do not fit a double.
  if (e.kind !== "float" && operation === BINARY_OPERATIONS.mul) return Math.imul;
  if (e.kind === "float" && operation.real) return operation.real as unknown as (a: number, b: number) => number;
  return operation.number as unknown as (a: number, b: number) => number;
}

export function binaryKernelName(operation: BinaryName, e: Element): string {
  return `nn_${operation}_${e.suffix}`;
}

/** Whether the operation exists for such elements. */
export function hasBinary(operation: BinaryName, e: Element): boolean {
  const found: BinaryOperation = BINARY_OPERATIONS[operation];
  return found.on.includes(e.kind) && (!isBig(e) || found.big !== undefined);
}

export const binaryFamily: Family = family(
  "binary",
  (Object.keys(BINARY_OPERATIONS) as BinaryName[]).flatMap((operation) =>
    ELEMENTS.filter((e) => hasBinary(operation, e)).map((e) => binaryKernelName(operation, e)),
  ),
  make,
);
