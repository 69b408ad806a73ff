/** nn_cumulative_sum_<type>: sums of all elements up to each one. */
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, isBig, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

export type CumulativeParams = { outer: number; count: number; inner: number; exclusive: number; reverse: number };

/** a + b, wrapped as the type wraps. */
function adder(e: Element): (a: number, b: number) => number {
  if (e.kind === "float") return (a, b) => Math.fround(a + b);
  if (!isBig(e)) return (a, b) => (a + b) | 0;
  return ((a: bigint, b: bigint) => BigInt.asIntN(64, a + b)) as unknown as (a: number, b: number) => number;
}

function make(name: string): Kernel {
  const { element: e } = parseName(name, "cumulative_")!;
  const add = adder(e);
  const zero = (isBig(e) ? 0n : 0) as number;
  return defineKernel<CumulativeParams>({
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields("outer count inner exclusive reverse"),
    constants: [],
    inPlace: [[0, 0]],
    scratch: () => 0,
    template: {
      name: "cumulative",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, float: e.kind === "float" },
        next: e.kind === "float" ? "sum + x" : `(${e.c})((${e.wide})sum + (${e.wide})x)`,
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const output = outputs[0] as Float32Array;
      for (let outer = 0; outer < p.outer; outer++) {
        for (let inner = 0; inner < p.inner; inner++) {
          let sum = zero;
          for (let i = 0; i < p.count; i++) {
            const k = p.reverse !== 0 ? p.count - 1 - i : i;
            const at = (outer * p.count + k) * p.inner + inner;
            const next = add(sum, input[at]);
            output[at] = p.exclusive !== 0 ? sum : next;
            sum = next;
          }
        }
      }
    },
  });
}

export function cumulativeKernelName(e: Element): string {
  return `nn_cumulative_sum_${e.suffix}`;
}

export const cumulativeFamily: Family = family(
  "cumulative",
  ELEMENTS.filter(({ kind }) => kind !== "bool").map(cumulativeKernelName),
  make,
);
