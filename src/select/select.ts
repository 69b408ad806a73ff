/**
 * The chooser: which variant of its kernel the firmware calls for every step. Program -> the same Program with an
 * `implementation` on the steps that have one better than plain C. The plain steps stay: they are what the host runs.
 *
 *     step ─ variants of its kernel ─▶ isa, preconditions ─▶ implementations with costs ─▶ the cheapest for the objective
 */
import { type ConstantPool, constantPool } from "../graph/constant_pool.js";
import type { Program, Step } from "../graph/program.js";
import type { Implementation, Target, Variant } from "../kernels/variant.js";
import { variantsOf } from "../kernels/variants/index.js";

/** What is made small first. */
export type Optimize = "speed" | "balanced" | "ram" | "flash";

interface Candidate {
  readonly variant: Variant;
  readonly implementation: Implementation;
}

/** Why a variant is not used, for the manifest. */
export interface Rejection {
  readonly variant: string;
  readonly why: string;
}

export interface Choice {
  readonly program: Program;
  /** By index into Program.steps. */
  readonly rejected: readonly (readonly Rejection[])[];
}

export function selectKernels(program: Program, target: Target): Choice {
  const { constants, intern } = constantPool(program.constants);
  const rejected: Rejection[][] = [];
  const steps = program.steps.map((step): Step => {
    const { candidates, refused } = candidatesOf(program, step, target);
    const [best, ...others] = candidates.sort(
      (a, b) =>
        a.implementation.cost.cycles - b.implementation.cost.cycles || (a.variant.name < b.variant.name ? -1 : 1),
    );
    rejected.push([
      ...refused,
      ...others.map(({ variant, implementation }) => ({
        variant: variant.name,
        why: `${implementation.cost.cycles} modelled cycles`,
      })),
    ]);
    return best ? { ...step, implementation: stored(best, intern) } : step;
  });
  return { program: { ...program, constants, steps }, rejected };
}

function candidatesOf(program: Program, step: Step, target: Target) {
  const candidates: Candidate[] = [];
  const refused: Rejection[] = [];
  const values = Object.entries(step.constants).map(([name, id]) => [name, program.constants[id].data] as const);
  const call = { params: step.params, constants: Object.fromEntries(values) };
  for (const variant of variantsOf(step.kernel)) {
    if (!target.isa.includes(variant.isa)) continue;
    const implementation = variant.implement(call, target);
    if (typeof implementation === "string") refused.push({ variant: variant.name, why: implementation });
    else candidates.push({ variant, implementation });
  }
  return { candidates, refused };
}

function stored(
  { variant, implementation }: Candidate,
  intern: ConstantPool["intern"],
): NonNullable<Step["implementation"]> {
  const { kernel, params, constants, scratchBytes, lead, cost } = implementation;
  const slots = variant.find(kernel)!.constants;
  return {
    ...{ variant: variant.name, kernel, params, scratchBytes, cycles: cost.cycles },
    constants: Object.fromEntries(slots.map(({ name, type }) => [name, intern(type, constants[name])])),
    ...(lead !== undefined && { lead }),
  };
}
