/** nn_unique_<type>: the different slices along an axis, in their order or sorted. */
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

export type UniqueParams = { outer: number; count: number; inner: number; sorted: number };

function make(name: string): Kernel {
  const { element: e } = parseName(name, "")!;
  return defineKernel<UniqueParams>({
    name,
    inputs: 1,
    outputs: 5,
    params: int32Fields("outer count inner sorted"),
    constants: [],
    inPlace: [],
    scratch: () => 0,
    template: {
      name: "unique",
      view: { name, upper: name.toUpperCase(), type: e.c, float: e.kind === "float" },
    },
    run(p, { inputs, outputs }) {
      const input = inputs[0] as Float32Array;
      const values = outputs[0] as Float32Array;
      const [indices, inverse, counts] = outputs.slice(1) as unknown as BigInt64Array[];

      /** Order of two slices, the first difference deciding: negative, 0, positive. NaN is above all numbers. */
      const compare = (a: number, b: number) => {
        for (let outer = 0; outer < p.outer; outer++) {
          for (let i = 0; i < p.inner; i++) {
            const x = input[(outer * p.count + a) * p.inner + i];
            const y = input[(outer * p.count + b) * p.inner + i];
            if (x < y) return -1;
            if (x > y) return 1;
            const [strangeX, strangeY] = [Number.isNaN(x), Number.isNaN(y)];
            if (strangeX !== strangeY) return strangeX ? 1 : -1;
          }
        }
        return 0;
      };

      /** Where slice i stands among the `found`, or ought to. */
      const place = (i: number, found: number): { at: number; known: boolean } => {
        if (p.sorted === 0) {
          for (let at = 0; at < found; at++) if (compare(i, Number(indices[at])) === 0) return { at, known: true };
          return { at: found, known: false };
        }
        let low = 0;
        let high = found;
        while (low < high) {
          const middle = (low + high) >> 1;
          const order = compare(i, Number(indices[middle]));
          if (order === 0) return { at: middle, known: true };
          if (order < 0) high = middle;
          else low = middle + 1;
        }
        return { at: low, known: false };
      };

      let found = 0;
      for (let i = 0; i < p.count; i++) {
        const { at, known } = place(i, found);
        if (known) {
          counts[at]++;
          continue;
        }
        for (const list of [indices, counts]) list.copyWithin(at + 1, at, found);
        indices[at] = BigInt(i);
        counts[at] = 1n;
        found++;
      }
      for (let i = 0; i < p.count; i++) inverse[i] = BigInt(place(i, found).at);
      let out = 0;
      for (let outer = 0; outer < p.outer; outer++) {
        for (let k = 0; k < found; k++) {
          const from = (outer * p.count + Number(indices[k])) * p.inner;
          values.set(input.subarray(from, from + p.inner), out);
          out += p.inner;
        }
      }
      for (const list of [indices, counts]) list.fill(0n, found);
      (values as unknown as { fill(value: number | bigint, start: number): void }).fill(e.bits === 64 ? 0n : 0, out);
      outputs[4][0] = found;
    },
  });
}

export function uniqueKernelName(e: Element): string {
  return `nn_unique_${e.suffix}`;
}

export const uniqueFamily: Family = family("unique", ELEMENTS.map(uniqueKernelName), make);
