/** How long an inference takes, before anything is built. */
import { kernelSteps, type Program, type Step } from "../graph/program.js";
import type { Target } from "../kernels/variant.js";
import { costsOf, costTableOf, type MeasuredCall } from "./costs.js";

export interface LayerEstimate {
  /** ONNX node and operator of the step. */
  readonly node: string;
  readonly operator: string;
  readonly cycles: number;
}

export interface CycleEstimate {
  /** Clock cycles of one inference, without interrupts and without what the application does. */
  readonly cycles: number;
  /** By step of the program; a cascade is one step. */
  readonly layers: readonly LayerEstimate[];
  /** Share by which the cycles may be wrong: that of the measured cores, or much more where another core stands in. */
  readonly error: number;
  /** The core whose measurements were used. */
  readonly measuredOn: string;
}

/**
 * Cycles of a program whose kernels are chosen (`selectKernels`, `Compiled.program`), from the cost table of the core;
 * seconds are cycles by the clock of the board. The target's wait states are in the figures of variants.
 * @param measured calls of which the cost is known exactly (a tuned project)
 */
export function estimateCycles(
  program: Program,
  target: Target,
  measured: readonly MeasuredCall[] = [],
): CycleEstimate {
  const costs = costsOf(target, measured);
  const { error, core } = costTableOf(target);
  const cyclesOf = (step: Step, calls = 1) =>
    (calls === 1 ? costs.known(program, step) : undefined) ??
    step.implementation?.cycles ??
    costs.plain(program, step, calls);
  const layers = program.steps.map((step): LayerEstimate => {
    const { node, operator, cascade } = step;
    const stages = cascade?.stages.map((stage) => cyclesOf(stage.step, stage.calls));
    const cycles = stages
      ? stages.reduce((sum, stage) => sum + stage, cascade?.cycles ?? 0)
      : kernelSteps(step).reduce((sum, one) => sum + cyclesOf(one), 0);
    return { node, operator, cycles: Math.round(cycles) };
  });
  return { cycles: layers.reduce((sum, { cycles }) => sum + cycles, 0), layers, error, measuredOn: core };
}
