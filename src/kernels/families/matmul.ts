/** nn_matmul_<type> for integers: matrix products that wrap. Real ones have a kernel of their own, with a clamp. */
import { BATCH_FIELDS, type BatchParams, batchOffsets } from "../batch_params.js";
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { ELEMENTS, type Element, isBig, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

/** sum + a * b, wrapped as the type wraps. */
function multiplyAdd(e: Element): (sum: number, a: number, b: number) => number {
  if (!isBig(e)) return (sum, a, b) => (sum + Math.imul(a, b)) | 0;
  const big = (sum: bigint, a: bigint, b: bigint) => BigInt.asIntN(64, sum + a * b);
  return big as unknown as (sum: number, a: number, b: number) => number;
}

function make(name: string): Kernel {
  const { element: e } = parseName(name, "")!;
  const step = multiplyAdd(e);
  return defineKernel<BatchParams>({
    name,
    inputs: 2,
    outputs: 1,
    params: [...BATCH_FIELDS, ...int32Fields("rows inner cols")],
    constants: [],
    inPlace: [],
    scratch: () => 0,
    template: { name: "matmul", view: { name, upper: name.toUpperCase(), type: e.c, wide: e.wide } },
    run(p, { inputs, outputs }) {
      const [a, b] = inputs as Int32Array[];
      const output = outputs[0] as Int32Array;
      let out = 0;
      for (const [fromA, fromB] of batchOffsets(p)) {
        for (let row = 0; row < p.rows; row++) {
          for (let col = 0; col < p.cols; col++) {
            let sum = (isBig(e) ? 0n : 0) as number;
            for (let i = 0; i < p.inner; i++) {
              sum = step(sum, a[fromA + row * p.inner + i], b[fromB + i * p.cols + col]);
            }
            output[out++] = sum;
          }
        }
      }
    },
  });
}

/** The kernel for real or integer elements; undefined for bools. */
export function matmulKernelName(e: Element): string | undefined {
  return e.kind === "bool" ? undefined : `nn_matmul_${e.suffix}`;
}

export const matmulFamily: Family = family(
  "matmul",
  ELEMENTS.filter(({ kind }) => kind === "int" || kind === "uint").map((e) => `nn_matmul_${e.suffix}`),
  make,
);
