/** Measured calls -> samples for the fit of a core's cost table, and how far the estimates of a table are off. */
import type { Program } from "../graph/program.js";
import { callKey, elementsOf, type MeasuredCall, runsOf } from "../select/costs.js";
import type { Option } from "../select/options.js";
import type { Sample } from "./fit.js";

/**
 * Every measured call once, with what its cost may depend on.
 * @param options of each step of the program, see candidatesOf
 */
export function samplesOf(
  program: Program,
  options: readonly (readonly Option[])[],
  measured: readonly MeasuredCall[],
): Sample[] {
  const cycles = new Map(measured.map(({ call, cycles }) => [call, cycles]));
  const samples = new Map<string, Sample>();
  for (const { step, variant, formula } of options.flat()) {
    const call = callKey(program, step);
    const taken = cycles.get(call);
    if (taken === undefined) continue;
    samples.set(call, {
      ...{ kernel: step.kernel, variant, macs: step.macs, runs: runsOf(step), cycles: taken, modelled: formula },
      ...{ outputs: elementsOf(program, step.outputs), inputs: elementsOf(program, step.inputs) },
    });
  }
  return [...samples.values()];
}

/** Cycles of a layer or of a model: as they were counted, and as the table of the core says. */
export interface Pair {
  readonly measured: number;
  readonly estimated: number;
}

/** Shares: 0.1 where the estimate is 10 % above what was measured. */
export interface FitError {
  readonly count: number;
  /** Weighted by cycles, with its sign: what the estimate of everything together is off. */
  readonly bias: number;
  /** Of the sizes of the single errors. */
  readonly median: number;
  readonly worst: number;
}

/** @param pairs at least one, with measured cycles above 0 */
export function fitError(pairs: readonly Pair[]): FitError {
  const sum = (of: (pair: Pair) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  const sizes = pairs.map(({ measured, estimated }) => Math.abs(estimated / measured - 1)).sort((a, b) => a - b);
  const middle = sizes.length / 2;
  return {
    count: pairs.length,
    bias: sum(({ estimated }) => estimated) / sum(({ measured }) => measured) - 1,
    median: (sizes[Math.ceil(middle) - 1] + sizes[Math.floor(middle)]) / 2,
    worst: sizes[sizes.length - 1],
  };
}
