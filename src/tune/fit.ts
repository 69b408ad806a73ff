/** Measurements -> the cost table of a core. */
import type { CostTable, PlainCost, VariantCost } from "../select/costs.js";

/** A measured call, with what its cost may depend on. */
export interface Sample {
  /** Plain kernel, and the variant that computed it; "" for the plain kernel itself. */
  readonly kernel: string;
  readonly variant: string;
  readonly macs: number;
  /** See runsOf. */
  readonly runs: number;
  /** Elements. */
  readonly outputs: number;
  readonly inputs: number;
  /** Measured. */
  readonly cycles: number;
  /** What the formula of the variant says; 0 for plain kernels. */
  readonly modelled: number;
}

const PARTS = ["mac", "run", "output", "input", "call"] as const;
const SWEEPS = 5000;
/** Cycles below which a part counts as none. */
const LEAST_COST = 1e-3;

/**
 * Factors of the parts, none negative, whose sums have the least squares of relative errors: coordinate descent on the
 * normal equations, which has one minimum. What earlier parts explain as well as later ones is theirs.
 * @param rows what each sample has of each part; @param totals of the samples, positive
 */
export function fitParts(rows: readonly (readonly number[])[], totals: readonly number[]): number[] {
  const shares = rows.map((row, sample) => row.map((part) => part / totals[sample]));
  const parts = [...(rows[0] ?? []).keys()];
  const products = parts.map((i) => parts.map((j) => shares.reduce((sum, row) => sum + row[i] * row[j], 0)));
  const right = parts.map((i) => shares.reduce((sum, row) => sum + row[i], 0));
  const factors = parts.map(() => 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const i of parts) {
      if (products[i][i] === 0) continue;
      const others = factors.reduce((sum, factor, j) => sum + (j === i ? 0 : products[i][j] * factor), 0);
      factors[i] = Math.max(0, (right[i] - others) / products[i][i]);
    }
  return factors.map((factor) => (factor < LEAST_COST ? 0 : Number(factor.toPrecision(4))));
}

function fitPlain(samples: readonly Sample[]): PlainCost {
  const rows = samples.map(({ macs, runs, outputs, inputs }) => [macs, runs, outputs, inputs, 1]);
  const factors = fitParts(
    rows,
    samples.map(({ cycles }) => cycles),
  );
  return Object.fromEntries(PARTS.map((part, i) => [part, factors[i]])) as PlainCost;
}

function fitVariant(samples: readonly Sample[]): VariantCost {
  const [modelled, call] = fitParts(
    samples.map((sample) => [sample.modelled, 1]),
    samples.map(({ cycles }) => cycles),
  );
  return { modelled, call };
}

/** Samples by name, sorted. */
function grouped(samples: readonly Sample[], name: (sample: Sample) => string): [string, Sample[]][] {
  const names = [...new Set(samples.map(name))].sort();
  return names.map((one) => [one, samples.filter((sample) => name(sample) === one)]);
}

/**
 * Cost table of a core: cycles of plain kernels by the parts of a call, those of variants by what their formula says.
 * @param about see CostTable
 */
export function fitCosts(samples: readonly Sample[], about: Pick<CostTable, "core" | "source" | "error">): CostTable {
  const measured = samples.filter(({ cycles }) => cycles > 0);
  const plain = measured.filter(({ variant }) => variant === "");
  const variants = measured.filter(({ variant, modelled }) => variant !== "" && modelled > 0);
  return {
    ...about,
    plain: {
      ...Object.fromEntries(grouped(plain, ({ kernel }) => kernel).map(([name, of]) => [name, fitPlain(of)])),
      other: fitPlain(plain),
    },
    variants: Object.fromEntries(
      grouped(variants, ({ variant }) => variant).map(([name, of]) => [name, fitVariant(of)]),
    ),
  };
}
