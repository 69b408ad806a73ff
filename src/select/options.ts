/** The ways there are to compute a step on a target: plain C, and every variant whose preconditions hold, with their cost. */
import type { ConstantPool } from "../graph/constant_pool.js";
import type { Program, Step, StepImplementation } from "../graph/program.js";
import type { Rows } from "../kernels/rows.js";
import { ANY_CORE, type PlainCall, type Target, type Variant } from "../kernels/variant.js";
import { variantsOf } from "../kernels/variants/index.js";
import { callRows } from "./cascade.js";
import type { Costs } from "./costs.js";

/** A way to compute a step. */
export interface Option {
  readonly step: Step;
  /** Name of the variant; "" for plain C. */
  readonly variant: string;
  readonly cycles: number;
  /** The same on bands of one row each, with its cost; infinite where it cannot be cut. */
  readonly bandedStep: Step;
  readonly bandedCycles: number;
  readonly tableBytes: number;
  readonly kernel: string;
  readonly codeBytes: number;
}

/** Rough code size of a plain kernel. */
const PLAIN_CODE_BYTES = 600;

/** Why a variant is not used, for the manifest. */
export interface Rejection {
  readonly variant: string;
  readonly why: string;
}

export interface Options {
  readonly options: readonly Option[];
  readonly refused: readonly Rejection[];
}

/** @param rows of the step, where it can be cut into bands */
export function optionsOf(
  program: Program,
  step: Step,
  rows: Rows | undefined,
  target: Target,
  costs: Costs,
  intern: ConstantPool["intern"],
): Options {
  const values = Object.entries(step.constants).map(([name, id]) => [name, program.constants[id].data] as const);
  const constants = Object.fromEntries(values);
  const refused: Rejection[] = [];
  const options: Option[] = [
    {
      ...{ step, variant: "", kernel: step.kernel, codeBytes: PLAIN_CODE_BYTES, cycles: costs.plain(program, step) },
      bandedStep: step,
      bandedCycles: costs.plain(program, step, rows?.outRows),
      tableBytes: values.reduce((sum, [, data]) => sum + data.byteLength, 0),
    },
  ];
  for (const variant of variantsOf(step.kernel)) {
    if (variant.isa !== ANY_CORE && !target.isa.includes(variant.isa)) continue;
    const call = { params: step.params, constants };
    const found = variant.implement(call, target);
    if (typeof found === "string") {
      refused.push({ variant: variant.name, why: found });
      continue;
    }
    const { kernel, params, scratchBytes, lead, cost } = found;
    const { constants: slots } = variant.find(kernel)!;
    const implementation: StepImplementation = {
      ...{ variant: variant.name, kernel, params, scratchBytes, cycles: cost.cycles },
      constants: Object.fromEntries(slots.map(({ name, type }) => [name, intern(type, found.constants[name])])),
      ...(lead !== undefined && { lead }),
    };
    const { modelled, call: perCall } = costs.variant(program, { ...step, implementation }, cost.cycles);
    const learned = (formula: number, calls: number) => Math.round(modelled * formula + perCall * calls);
    const withCycles = (cycles: number): Step => ({ ...step, implementation: { ...implementation, cycles } });
    const cycles = learned(cost.cycles, 1);
    const cut = rows !== undefined && callRows({ ...step, implementation }, rows) !== undefined;
    const banded = cut ? learned(bandedCycles(variant, call, rows, target), rows.outRows) : Number.POSITIVE_INFINITY;
    options.push({
      ...{ step: withCycles(cycles), variant: variant.name, kernel, codeBytes: variant.codeBytes },
      ...{ cycles, bandedStep: withCycles(banded), bandedCycles: banded },
      tableBytes: slots.reduce((sum, { name }) => sum + found.constants[name].byteLength, 0),
    });
  }
  return { options, refused };
}

/** Cycles of a variant when it is called for every row on its own. */
function bandedCycles(variant: Variant, call: PlainCall, rows: Rows, target: Target): number {
  const band = { inRows: Math.min(rows.inRows, rows.window), padTop: 0, outRows: 1 };
  const changed: Record<string, number | readonly number[]> = { ...call.params };
  for (const { name, index, of, times } of rows.fields) {
    const value = band[of] * times;
    changed[name] =
      index === undefined ? value : (call.params[name] as readonly number[]).map((v, i) => (i === index ? value : v));
  }
  const found = variant.implement({ ...call, params: changed }, target);
  return typeof found === "string" ? Number.POSITIVE_INFINITY : found.cost.cycles * rows.outRows;
}
