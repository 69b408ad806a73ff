/** nn_top_<operation>_<type>: the largest or smallest elements along an axis, in order. */
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

export type TopName = "largest" | "smallest";

export type TopParams = { outer: number; count: number; inner: number; k: number };

function make(name: string): Kernel {
  const { operation, element: e } = parseName(name, "top_")!;
  const largest = operation === "largest";
  const before = (a: number, b: number) => (largest ? a > b : a < b);
  return defineKernel<TopParams>({
    name,
    inputs: 1,
    outputs: 2,
    params: int32Fields("outer count inner k"),
    constants: [],
    inPlace: [],
    scratch: () => 0,
    template: {
      name: "top",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, operation },
        ...{ symbol: largest ? ">" : "<", float: e.kind === "float" },
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const values = outputs[0] as Float32Array;
      const indices = outputs[1] as unknown as BigInt64Array;
      for (let outer = 0; outer < p.outer; outer++) {
        for (let inner = 0; inner < p.inner; inner++) {
          const from = outer * p.count * p.inner + inner;
          const to = outer * p.k * p.inner + inner;
          for (let i = 0; i < p.count; i++) {
            const x = input[from + i * p.inner];
            let at = Math.min(i, p.k - 1);
            if (i >= p.k && !before(x, values[to + at * p.inner])) continue;
            for (; at > 0 && before(x, values[to + (at - 1) * p.inner]); at--) {
              values[to + at * p.inner] = values[to + (at - 1) * p.inner];
              indices[to + at * p.inner] = indices[to + (at - 1) * p.inner];
            }
            values[to + at * p.inner] = x;
            indices[to + at * p.inner] = BigInt(i);
          }
        }
      }
    },
  });
}

export function topKernelName(operation: TopName, e: Element): string {
  return `nn_top_${operation}_${e.suffix}`;
}

const NUMBERS = ELEMENTS.filter(({ kind }) => kind !== "bool");

export const topFamily: Family = family(
  "top",
  (["largest", "smallest"] as const).flatMap((operation) => NUMBERS.map((e) => topKernelName(operation, e))),
  make,
);
