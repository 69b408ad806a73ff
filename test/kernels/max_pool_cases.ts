/** Generated max poolings in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import { int8s, outputRange } from "./arbitraries.js";
import type { KernelCase } from "./harness.js";
import { inputCount, outputCount, pools, withoutEndPads } from "./pool_windows.js";

export const maxPools = fc
  .record({ pool: pools, range: outputRange })
  .chain(({ pool, range }) => int8s(inputCount(pool)).map((input) => ({ pool, range, input })))
  .map(({ pool, range, input }) => {
    const of: KernelCase = {
      params: { ...withoutEndPads(pool), out_min: range.out_min, out_max: range.out_max },
      inputs: [input],
      outputs: [{ type: "int8", count: outputCount(pool) }],
    };
    return { pool, range, input, of };
  });
