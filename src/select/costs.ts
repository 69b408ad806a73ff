/**
 * What calls of kernels take on a core: learned by measurement and kept as data. `boards/costs/<core>.json` has what holds
 * for any model; `src/tune` has how it was fitted, and the command `tune`. Calls that were measured themselves go before it.
 */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { invariant } from "../errors.js";
import { elementCount, type Shape } from "../graph/ir.js";
import { firmwareCall, type Program, type Step } from "../graph/program.js";
import { packagePath } from "../io/package_path.js";
import type { Target } from "../kernels/variant.js";
import { likenessOf } from "./likeness.js";

const plainCostSchema = z.strictObject({
  mac: z.number().nonnegative().describe("cycles per multiply-accumulate"),
  run: z.number().nonnegative().describe("cycles per inner loop of a convolution"),
  output: z.number().nonnegative().describe("cycles per element of the outputs"),
  input: z.number().nonnegative().describe("cycles per element of the inputs"),
  call: z.number().nonnegative().describe("cycles of a call, whatever its size"),
});

const variantCostSchema = z.strictObject({
  modelled: z.number().nonnegative().describe("factor of the cycles that the variant's formula says"),
  call: z.number().nonnegative().describe("cycles of a call, beside those"),
});

const costTableSchema = z.strictObject({
  core: z.string().min(1),
  source: z.string().min(1).describe("where the figures come from"),
  error: z.number().positive().describe("share by which estimates of whole models may be wrong"),
  plain: z.record(z.string(), plainCostSchema).describe("plain kernel -> cost of a call; other: of kernels not listed"),
  variants: z.record(z.string(), variantCostSchema).describe("variant -> measured cycles by those its formula says"),
});

/** Cycles of a variant, where its formula is off on a core. */
export type VariantCost = Readonly<z.infer<typeof variantCostSchema>>;
/** Cycles of a plain kernel: a sum over the parts of a call. */
export type PlainCost = Readonly<z.infer<typeof plainCostSchema>>;
export type CostTable = Readonly<z.infer<typeof costTableSchema>>;

/** Cost of one call, measured. */
export interface MeasuredCall {
  /** See callKey. */
  readonly call: string;
  readonly cycles: number;
  /** Absent where nothing counts them. */
  readonly instructions?: number;
}

/** A call in words that are equal where its cost is: the C function, its parameters and the shapes of its tensors. */
export function callKey(program: Program, step: Step): string {
  const { kernel, params } = firmwareCall(step);
  const shape = (id: number): Shape => program.tensors[id].shape;
  // In one order: a program that was stored and read again may have its parameters in another.
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([kernel, sorted, step.inputs.map(shape), step.outputs.map(shape)]);
}

/** The core whose figures stand in for those of a target of which none were measured, by what it can execute. */
function standIn(isa: readonly string[]): string {
  const known: readonly (readonly [string, string])[] = [
    ["dsp", "cortex-m4"],
    ["thumb2", "cortex-m3"],
    ["armv6m", "cortex-m0plus"],
    ["rv32im", "rv32imc"],
    ["avr", "avr5"],
  ];
  return known.find(([tag]) => isa.includes(tag))?.[1] ?? "cortex-m3";
}

const path = (core: string) => packagePath("boards", "costs", `${core}.json`);
const tables = new Map<string, CostTable>();

/** Share by which cycles may be wrong on a core of which nothing was measured. */
const STAND_IN_ERROR = 0.5;

/** A table with all cycles times `factor`. */
function scaled<T extends CostTable>(table: T, factor: number): T {
  const times = <C extends Record<string, number>>(costs: Readonly<Record<string, C>>) =>
    Object.fromEntries(
      Object.entries(costs).map(([name, cost]) => [
        name,
        Object.fromEntries(Object.entries(cost).map(([part, cycles]) => [part, cycles * factor])),
      ]),
    ) as Record<string, C>;
  return { ...table, plain: times(table.plain), variants: times(table.variants) };
}

/**
 * The shipped table of a core, that of the core it is like (`boards/profile/likeness.json`) in its own cycles, or of one
 * with the same instructions: `exact` says whether it is the first.
 */
export function costTableOf({ core, isa }: Pick<Target, "core" | "isa">): CostTable & { readonly exact: boolean } {
  const like = likenessOf(core);
  if (like) {
    const table = scaled(costTableOf({ core: like.like, isa }), like.cycles);
    return { ...table, exact: false, error: Math.max(STAND_IN_ERROR, table.error) };
  }
  const exact = /^[a-z0-9-]+$/.test(core) && existsSync(path(core));
  const name = exact ? core : standIn(isa);
  let table = tables.get(name);
  if (!table) {
    const parsed = costTableSchema.safeParse(JSON.parse(readFileSync(path(name), "utf8")));
    invariant(parsed.success, `boards/costs/${name}.json: ${parsed.error?.issues[0].message}`);
    table = parsed.data;
    tables.set(name, table);
  }
  return { ...table, exact, error: exact ? table.error : Math.max(STAND_IN_ERROR, table.error) };
}

/**
 * Inner loops of a plain convolution, one for every tap that all channels of a group share; of a depthwise one where
 * several outputs share an input, whose products come one by one.
 */
export function runsOf({ params, macs }: Pick<Step, "params" | "macs">): number {
  const { in_c, groups, kernel_h, channel_multiplier } = params as Readonly<Record<string, number | undefined>>;
  if (kernel_h === undefined || in_c === undefined) return 0;
  if (channel_multiplier !== undefined) return channel_multiplier > 1 ? macs : 0;
  return (macs * (groups ?? 1)) / in_c;
}

/** Elements of tensors, summed. */
export const elementsOf = ({ tensors }: Program, ids: readonly number[]): number =>
  ids.reduce((sum, id) => sum + elementCount(tensors[id].shape), 0);

const AS_MODELLED: VariantCost = { modelled: 1, call: 0 };

export interface Costs {
  /** Cycles of a call as it was measured, or undefined. */
  known(program: Program, step: Step): number | undefined;
  /** Cycles of the plain kernel of a step, cut into so many calls. */
  plain(program: Program, step: Step, calls?: number): number;
  /** What becomes of the cycles that the formula of a variant says. @param step with the implementation */
  variant(program: Program, step: Step, modelled: number): VariantCost;
}

/** @param measured calls whose cost is known exactly on the target */
export function costsOf(target: Target, measured: readonly MeasuredCall[] = []): Costs {
  const { plain, variants } = costTableOf(target);
  const known = new Map(measured.map(({ call, cycles }) => [call, cycles]));
  // Keys are long: none are made where nothing is known.
  const lookUp = (program: Program, step: Step) => (known.size > 0 ? known.get(callKey(program, step)) : undefined);
  return {
    known: lookUp,
    plain(program, { implementation: _, ...step }, calls = 1) {
      // Of a kernel on int16 values that was not measured, the int8 one is the nearest guess.
      const cost = plain[step.kernel] ?? plain[step.kernel.replace(/_s16$/, "_s8")] ?? plain.other;
      const elements = (ids: readonly number[]) => elementsOf(program, ids);
      const work =
        cost.mac * step.macs +
        cost.run * runsOf(step) +
        cost.output * elements(step.outputs) +
        cost.input * elements(step.inputs);
      const whole = lookUp(program, step) ?? cost.call + work;
      return Math.round(whole + cost.call * (calls - 1));
    },
    variant(program, step, modelled) {
      const cost = variants[step.implementation?.variant ?? ""] ?? AS_MODELLED;
      const cycles = lookUp(program, step);
      if (cycles === undefined || modelled <= 0) return cost;
      const call = Math.min(cost.call, cycles);
      return { modelled: (cycles - call) / modelled, call };
    },
  };
}
