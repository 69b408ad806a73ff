/** nn_arg_<operation>_<type>: where along an axis the largest or least element is. */
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

export type ArgName = "max" | "min";

export type ArgParams = { outer: number; count: number; inner: number; select_last: number };

function make(name: string): Kernel {
  const { operation, element: e } = parseName(name, "arg_")!;
  const max = operation === "max";
  return defineKernel<ArgParams>({
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields("outer count inner select_last"),
    constants: [],
    inPlace: [],
    scratch: () => 0,
    template: {
      name: "arg",
      view: {
        ...{ name, upper: name.toUpperCase(), type: e.c, what: max ? "largest" : "least" },
        ...{ symbol: max ? ">" : "<", float: e.kind === "float" },
      },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const output = outputs[0] as unknown as BigInt64Array;
      for (let outer = 0; outer < p.outer; outer++) {
        for (let inner = 0; inner < p.inner; inner++) {
          const first = outer * p.count * p.inner + inner;
          let best = input[first];
          let at = 0;
          for (let i = 1; i < p.count; i++) {
            const x = input[first + i * p.inner];
            if ((max ? x > best : x < best) || (p.select_last !== 0 && x === best)) {
              best = x;
              at = i;
            }
          }
          output[outer * p.inner + inner] = BigInt(at);
        }
      }
    },
  });
}

export function argKernelName(operation: ArgName, e: Element): string {
  return `nn_arg_${operation}_${e.suffix}`;
}

const NUMBERS = ELEMENTS.filter(({ kind }) => kind !== "bool");

export const argFamily: Family = family(
  "arg",
  (["max", "min"] as const).flatMap((operation) => NUMBERS.map((e) => argKernelName(operation, e))),
  make,
);
