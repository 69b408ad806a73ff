/** What the variants for AVR share: layers of int8 whose sums are requantised without arithmetic in 64 bits. */
import type { Params } from "../kernel.js";
import type { Cost, PlainCall } from "../variant.js";

/** Products of 32 bits by 32 bits are kept to their high half, so that a shift takes away 33 bits at least. */
const LEAST_SHIFT = 33;
const MOST = 2 ** 15;

/** What a product takes, a run of products that lie side by side, and a result. */
export interface AvrCosts {
  readonly product: Cost;
  readonly run: Cost;
  readonly result: Cost;
}

const COSTS: AvrCosts = {
  product: { instructions: 9.3, cycles: 13.3 },
  run: { instructions: 30, cycles: 45 },
  result: { instructions: 360, cycles: 545 },
};

/** In words why the tables cannot be taken; channels without a multiplier get the least shift. */
export function avrTables({ constants }: PlainCall<Params>) {
  const multiplier = constants.multiplier as Int32Array;
  const shift = (constants.shift as Uint8Array).map((n, c) => (multiplier[c] === 0 ? Math.max(n, LEAST_SHIFT) : n));
  return shift.some((n) => n < LEAST_SHIFT) ? "a multiplier is 1/4 and more" : { ...constants, shift };
}

/** Whether sizes are int16. */
export const fitsInt16 = (...sizes: readonly number[]) => sizes.every((size) => size < MOST);

/** @param work products, runs of them that lie side by side, and results */
export function avrCost(
  work: { products: number; runs: number; results: number },
  costs: Partial<AvrCosts> = {},
): Cost {
  const { product, run, result } = { ...COSTS, ...costs };
  const of = (what: keyof Cost) =>
    Math.round(work.products * product[what] + work.runs * run[what] + work.results * result[what]);
  return { instructions: of("instructions"), cycles: of("cycles") };
}
