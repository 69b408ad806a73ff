/** The ways there are to compute a step on a target: plain C, and every variant whose preconditions hold, with their cost. */
import type { ConstantPool } from "../graph/constant_pool.js";
import type { Program, Step, StepImplementation } from "../graph/program.js";
import type { Rows } from "../kernels/rows.js";
import { readingsOf } from "../kernels/table_readings.js";
import { ANY_CORE, type PlainCall, type Target, tableWaiting, type Variant } from "../kernels/variant.js";
import { variantsOf } from "../kernels/variants/index.js";
import { callRows } from "./cascade.js";
import type { Costs } from "./costs.js";

/** A way to compute a step. */
export interface Option {
  readonly step: Step;
  /** Name of the variant; "" for plain C. */
  readonly variant: string;
  readonly cycles: number;
  /** What the formula of the variant says, without what was learned of the core; 0 for plain C. */
  readonly formula: number;
  /** Cycles of calls on bands of so many rows of the output each; undefined where it cannot be cut. */
  readonly banded?: (bands: readonly number[]) => number;
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
  const plainBytes = values.reduce((sum, [, data]) => sum + data.byteLength, 0);
  const uses = readingsOf(
    step.macs,
    values.map(([, data]) => data.length),
  );
  const plainWaiting = Math.round(tableWaiting(target, plainBytes, uses));
  const plainCycles = (calls: number) => costs.plain(program, step, calls) + plainWaiting;
  const options: Option[] = [
    {
      ...{ step, variant: "", kernel: step.kernel, codeBytes: PLAIN_CODE_BYTES, cycles: plainCycles(1) },
      formula: 0,
      ...(rows && { banded: (bands) => plainCycles(bands.length) }),
      tableBytes: plainBytes,
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
    const learned = (formula: number) => Math.round(modelled * formula + perCall);
    const tableBytes = slots.reduce((sum, { name }) => sum + found.constants[name].byteLength, 0);
    const waiting = Math.round(tableWaiting(target, tableBytes, found.tableReadings ?? uses));
    const cycles = learned(cost.cycles) + waiting;
    const banded = memoised((outRows: number) => learned(bandCycles(variant, call, rows!, outRows, target)));
    options.push({
      ...{ step: { ...step, implementation: { ...implementation, cycles } }, variant: variant.name, kernel },
      ...{ codeBytes: found.codeBytes ?? variant.codeBytes, cycles },
      ...(rows &&
        callRows({ ...step, implementation }, rows) && {
          banded: (bands: readonly number[]) => bands.reduce((sum, outRows) => sum + banded(outRows), waiting),
        }),
      formula: cost.cycles,
      tableBytes,
    });
  }
  return { options, refused };
}

/** The same function, which computes each value once. */
export function memoised<T>(of: (argument: number) => T): (argument: number) => T {
  const known = new Map<number, T>();
  return (argument) => {
    if (!known.has(argument)) known.set(argument, of(argument));
    return known.get(argument) as T;
  };
}

/** Cycles of a variant for a call on a band of so many rows of the output, with no padding above or below. */
function bandCycles(variant: Variant, call: PlainCall, rows: Rows, outRows: number, target: Target): number {
  const inRows = Math.min(rows.inRows, (outRows - 1) * rows.stride + rows.window);
  const band = { inRows, padTop: 0, outRows, made: 0 };
  const changed: Record<string, number | readonly number[]> = { ...call.params };
  for (const { name, index, of, times } of rows.fields) {
    const value = band[of] * times;
    changed[name] =
      index === undefined ? value : (call.params[name] as readonly number[]).map((v, i) => (i === index ? value : v));
  }
  const found = variant.implement({ ...call, params: changed }, target);
  return typeof found === "string" ? Number.POSITIVE_INFINITY : found.cost.cycles;
}
