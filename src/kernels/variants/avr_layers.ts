/** What the variants for AVR share: layers of int8 whose sums are requantised without arithmetic in 64 bits. */
import type { Params } from "../kernel.js";
import type { Cost, PlainCall } from "../variant.js";

/** Products of 32 bits by 32 bits are kept to their high half, so that a shift takes away 33 bits at least. */
const LEAST_SHIFT = 33;
const MOST = 2 ** 15;

/** Of a run of products, of each of them, and of a result. */
const RUN: Cost = { instructions: 30, cycles: 45 };
const PRODUCT: Cost = { instructions: 9.3, cycles: 13.3 };
const RESULT: Cost = { instructions: 360, cycles: 545 };

/** In words why the tables cannot be taken; channels without a multiplier get the least shift. */
export function avrTables({ constants }: PlainCall<Params>) {
  const multiplier = constants.multiplier as Int32Array;
  const shift = (constants.shift as Uint8Array).map((n, c) => (multiplier[c] === 0 ? Math.max(n, LEAST_SHIFT) : n));
  return shift.some((n) => n < LEAST_SHIFT) ? "a multiplier is 1/4 and more" : { ...constants, shift };
}

/** Whether sizes are int16. */
export const fitsInt16 = (...sizes: readonly number[]) => sizes.every((size) => size < MOST);

/** @param work products, runs of them that lie side by side, and results */
export function avrCost(work: { products: number; runs: number; results: number }, product: Cost = PRODUCT): Cost {
  const of = (what: keyof Cost) =>
    Math.round(work.products * product[what] + work.runs * RUN[what] + work.results * RESULT[what]);
  return { instructions: of("instructions"), cycles: of("cycles") };
}
