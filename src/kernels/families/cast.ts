/** nn_cast_<from>_<to>: conversion between element types. */
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, isBig } from "./elements.js";
import { type Family, family } from "./family.js";

/**
 * ONNX Cast where it is defined; where it is not: reals beyond an integer type become its nearest value, NaN becomes 0.
 */
function cBody(from: Element, to: Element): string {
  if (to.kind === "bool") return "return x != 0;";
  if (from.kind !== "float" || to.kind === "float") return `return (${to.c})x;`;
  const macro = `${to.kind === "int" ? "INT" : "UINT"}${to.bits}`;
  const [low, high] = bounds(to);
  const least = to.kind === "int" ? `${macro}_MIN` : "0";
  return [
    "if (x != x) {\n        return 0;\n    }",
    // Both bounds are powers of two (or 0), so floats.
    `if (x <= ${low}) {\n        return ${least};\n    }`,
    `return x >= ${high} ? ${macro}_MAX : (${to.c})x;`,
  ].join("\n    ");
}

/** The least value of an integer type, and the power of two above its largest, as C float literals. */
function bounds(to: Element): readonly [string, string] {
  const power = (n: number) => `${2 ** n}.0f`;
  return to.kind === "int" ? [`-${power(to.bits - 1)}`, power(to.bits - 1)] : ["0.0f", power(to.bits)];
}

/** float32 nearest to an integer, ties to even, as the C conversion gives it. */
function bigToFloat(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  if (magnitude < 2n ** 53n) return Math.fround(Number(x));
  // Number() rounds once already: what it drops is kept as a sticky bit.
  const dropped = BigInt(magnitude.toString(2).length - 40);
  const kept = magnitude >> dropped;
  const sticky = kept << dropped === magnitude ? 0n : 1n;
  const value = Math.fround(Number((kept << 1n) | sticky)) * 2 ** (Number(dropped) - 1);
  return x < 0n ? -value : value;
}

type Convert = (x: never) => number | bigint | boolean;

function saturate(x: number, to: Element): number | bigint {
  const bits = to.kind === "int" ? to.bits - 1 : to.bits;
  const low = to.kind === "int" ? -(2 ** bits) : 0;
  if (Number.isNaN(x)) return isBig(to) ? 0n : 0;
  if (isBig(to)) {
    const largest = 2n ** BigInt(bits) - 1n;
    if (x <= low) return BigInt(low);
    return x >= 2 ** bits ? largest : BigInt(Math.trunc(x));
  }
  return x <= low ? low : x >= 2 ** bits ? 2 ** bits - 1 : Math.trunc(x);
}

function convert(from: Element, to: Element): Convert {
  if (to.kind === "bool") return isBig(from) ? (x: bigint) => x !== 0n : (x: number) => x !== 0;
  if (from.kind === "float") return to.kind === "float" ? (x: number) => x : (x: number) => saturate(x, to);
  if (to.kind === "float") return isBig(from) ? bigToFloat : (x: number) => x;
  if (isBig(to)) return isBig(from) ? (x: bigint) => x : (x: number) => BigInt(x);
  return isBig(from) ? (x: bigint) => Number(BigInt.asIntN(32, x)) : (x: number) => x;
}

export function castKernelName(from: Element, to: Element): string {
  return `nn_cast_${from.suffix}_${to.suffix}`;
}

function make(from: Element, to: Element): Kernel {
  const name = castKernelName(from, to);
  const apply = convert(from, to) as unknown as (x: number) => number;
  return defineKernel<{ count: number }>({
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields("count"),
    constants: [],
    // Bytes that are read as one type and written as another would break C's aliasing rule.
    inPlace: [],
    scratch: () => 0,
    template: {
      name: "unary",
      view: {
        ...{ name, upper: name.toUpperCase(), type: from.c, result: to.c, body: cBody(from, to) },
        ...{ meaning: `${from.type} as ${to.type}`, header: "nn_common", alpha: false, beta: false },
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const output = outputs[0] as Float32Array;
      for (let i = 0; i < p.count; i++) output[i] = apply(input[i]);
    },
  });
}

const pairs = new Map(
  ELEMENTS.flatMap((from) =>
    ELEMENTS.filter((to) => to !== from).map((to) => [castKernelName(from, to), { from, to }] as const),
  ),
);

export const castFamily: Family = family("cast", [...pairs.keys()], (name) => {
  const { from, to } = pairs.get(name)!;
  return make(from, to);
});
