/** nn_reduce_<operation>_<type>: one value out of the elements along some axes. */
import { defineKernel, type Kernel } from "../kernel.js";
import { forEachInWindow, forEachPlace, WINDOW_FIELDS, type WindowParams } from "../window_params.js";
import { ELEMENTS, type Element, type ElementKind, isBig, parseName, type Scalar } from "./elements.js";
import { type Family, family } from "./family.js";

export interface ReduceOperation {
  readonly on: readonly ElementKind[];
  readonly meaning: string;
  /** C expression of the value before the first element. */
  start(e: Element): string;
  /** C expression of the next value from `a`, the value so far, and `x`, an element. */
  c(e: Element): string;
  readonly initial: (e: Element) => number | bigint;
  readonly number: Scalar;
  readonly big: Scalar;
}

const REAL = ["float", "int", "uint"] as const;
const ORDERED = ["float", "int", "uint", "bool"] as const;

const wrapping = (symbol: string) => (e: Element) =>
  e.kind === "float" ? `a ${symbol} x` : `(${e.c})((${e.wide})a ${symbol} (${e.wide})x)`;

/** The least or largest value of a type. */
function extreme(e: Element, sign: 1 | -1): number | bigint {
  if (e.kind === "float") return sign * Infinity;
  if (e.kind === "bool") return sign < 0 ? 0 : 1;
  const bits = BigInt(e.kind === "int" ? e.bits - 1 : e.bits);
  const value = sign > 0 ? 2n ** bits - 1n : e.kind === "int" ? -(2n ** bits) : 0n;
  return isBig(e) ? value : Number(value);
}

function cExtreme(e: Element, sign: 1 | -1): string {
  if (e.kind === "float") return sign < 0 ? "-INFINITY" : "INFINITY";
  if (e.kind === "bool") return sign < 0 ? "0" : "1";
  if (e.kind === "uint" && sign < 0) return "0";
  return `${e.kind === "int" ? "INT" : "UINT"}${e.bits}_${sign < 0 ? "MIN" : "MAX"}`;
}

export const REDUCE_OPERATIONS = {
  sum: {
    on: REAL,
    meaning: "sum, added from the first element to the last; integers wrap; 0 of no elements",
    start: (e) => (e.kind === "float" ? "0.0f" : "0"),
    c: wrapping("+"),
    initial: (e) => (isBig(e) ? 0n : 0),
    number: (a: number, x: number) => a + x,
    big: (a: bigint, x: bigint) => a + x,
  },
  prod: {
    on: REAL,
    meaning: "product, multiplied from the first element to the last; integers wrap; 1 of no elements",
    start: (e) => (e.kind === "float" ? "1.0f" : "1"),
    c: wrapping("*"),
    initial: (e) => (isBig(e) ? 1n : 1),
    number: (a: number, x: number) => a * x,
    big: (a: bigint, x: bigint) => a * x,
  },
  max: {
    on: ORDERED,
    meaning: "largest element; the type's least value of no elements",
    start: (e) => cExtreme(e, -1),
    c: () => "x > a ? x : a",
    initial: (e) => extreme(e, -1),
    number: (a: number, x: number) => (x > a ? x : a),
    big: (a: bigint, x: bigint) => (x > a ? x : a),
  },
  min: {
    on: ORDERED,
    meaning: "least element; the type's largest value of no elements",
    start: (e) => cExtreme(e, 1),
    c: () => "x < a ? x : a",
    initial: (e) => extreme(e, 1),
    number: (a: number, x: number) => (x < a ? x : a),
    big: (a: bigint, x: bigint) => (x < a ? x : a),
  },
} satisfies Record<string, ReduceOperation>;

export type ReduceName = keyof typeof REDUCE_OPERATIONS;

function make(name: string): Kernel {
  const { operation: key, element: e } = parseName(name, "reduce_")!;
  const operation: ReduceOperation = REDUCE_OPERATIONS[key as ReduceName];
  const next = nextOf(operation, e);
  const initial = operation.initial(e) as number;
  return defineKernel<WindowParams>({
    name,
    inputs: 1,
    outputs: 1,
    params: WINDOW_FIELDS,
    constants: [],
    inPlace: [],
    scratch: () => 0,
    template: {
      name: "reduce",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, meaning: operation.meaning },
        ...{ start: operation.start(e), next: operation.c(e), float: e.kind === "float" },
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const output = outputs[0] as Float32Array;
      let out = 0;
      forEachPlace(p, (first) => {
        let value = initial;
        forEachInWindow(p, first, (at) => {
          value = next(value, input[at]);
        });
        output[out++] = value;
      });
    },
  });
}

function nextOf(operation: ReduceOperation, e: Element): (a: number, x: number) => number {
  if (isBig(e)) {
    const apply = operation.big as unknown as (a: bigint, x: bigint) => bigint;
    const wrap = e.kind === "int" ? BigInt.asIntN : BigInt.asUintN;
    return ((a: bigint, x: bigint) => wrap(64, apply(a, x))) as unknown as (a: number, x: number) => number;
  }
  const apply = operation.number as unknown as (a: number, x: number) => number;
  if (e.kind === "float") return (a, x) => Math.fround(apply(a, x));
  // Wrapped to 32 bits after every step; the output array keeps the low bits of shorter types.
  const exact = operation === REDUCE_OPERATIONS.prod ? Math.imul : apply;
  return e.kind === "uint" ? (a, x) => exact(a, x) >>> 0 : (a, x) => exact(a, x) | 0;
}

export function reduceKernelName(operation: ReduceName, e: Element): string {
  return `nn_reduce_${operation}_${e.suffix}`;
}

export function hasReduce(operation: ReduceName, e: Element): boolean {
  return (REDUCE_OPERATIONS[operation].on as readonly string[]).includes(e.kind);
}

export const reduceFamily: Family = family(
  "reduce",
  (Object.keys(REDUCE_OPERATIONS) as ReduceName[]).flatMap((operation) =>
    ELEMENTS.filter((e) => hasReduce(operation, e)).map((e) => reduceKernelName(operation, e)),
  ),
  make,
);
