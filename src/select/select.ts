/**
 * The chooser: what the firmware calls for every step, and which steps run rows by rows. Program -> the same Program
 * with an `implementation` on the steps that have one better than plain C, and with cascades in the place of some. The
 * plain steps stay: they are what the host runs.
 *
 *     step ─ variants of its kernel ─▶ isa, preconditions ─▶ options with cycles, RAM and flash ─▶ objective, limits ─▶ choice
 */
import { UserError } from "../errors.js";
import { constantPool } from "../graph/constant_pool.js";
import { firmwareCall, kernelSteps, type Program, type Step, withUsedConstants } from "../graph/program.js";
import { hottest, readingsOf } from "../kernels/table_readings.js";
import type { Target } from "../kernels/variant.js";
import { type Plan, planMemory } from "../plan/plan.js";
import { stepRows } from "./cascade.js";
import { costsOf, type MeasuredCall } from "./costs.js";
import { memoised, type Option, type Options, optionsOf, type Rejection } from "./options.js";
import { splitMeans } from "./split_means.js";
import {
  type Alternative,
  type BandedStep,
  type BandedSteps,
  type LayerStreamer,
  layerStreamer,
  type StreamedLayers,
} from "./stream_layers.js";

/**
 * What is made small first. speed: cycles; ram: the arena; flash: tables and code, where a byte less of them costs at most
 * 4,000 cycles; balanced: tables and code, and then the arena, where a share less of them costs at most half as large a share
 * of cycles, and at most 5 % and 15 % more cycles than the least.
 */
export type Optimize = "speed" | "balanced" | "ram" | "flash";

export interface SelectOptions {
  /** plain: portable C alone. Default auto: whatever the target can execute. */
  readonly kernels?: "auto" | "plain";
  /** Default balanced. */
  readonly optimize?: Optimize;
  readonly ioBuffers?: "arena" | "caller";
  /** Bytes that the arena and the states may take. */
  readonly maxRam?: number;
  /** Bytes that tables and code of variants may take. */
  readonly maxFlash?: number;
  /** False: tables lie elsewhere, and `maxFlash` is for code alone. Default true. */
  readonly tablesInFlash?: boolean;
  /** False: every layer runs whole. */
  readonly cascades?: boolean;
  /** Calls whose cost was measured on the target; others are estimated. */
  readonly measured?: readonly MeasuredCall[];
}

/** What the chooser was asked for, with its defaults: what a project keeps, so that it can be chosen anew. */
export interface Request extends Pick<SelectOptions, "maxRam" | "maxFlash"> {
  readonly kernels: "auto" | "plain";
  readonly optimize: Optimize;
  readonly cascades: boolean;
}

export function requestOf(options: SelectOptions): Request {
  const { kernels = "auto", optimize = "balanced", cascades = true, maxRam, maxFlash } = options;
  return {
    ...{ kernels, optimize, cascades },
    ...(maxRam !== undefined && { maxRam }),
    ...(maxFlash !== undefined && { maxFlash }),
  };
}

/** A target without the instruction sets that nothing may be chosen for. */
export const askedTarget = (target: Target, { kernels }: Pick<Request, "kernels">): Target =>
  kernels === "plain" ? { ...target, isa: [] } : target;

/** What was decided on the whole, for the manifest. Cycles are estimated from the cost table of the core. */
export interface Decision {
  readonly optimize: Optimize;
  readonly cycles: number;
  /** Of the fastest choice. */
  readonly leastCycles: number;
  readonly why: string;
}

export interface Choice {
  readonly program: Program;
  readonly plan: Plan;
  /** By index into Program.steps. */
  readonly rejected: readonly (readonly Rejection[])[];
  readonly request: Request;
  readonly decision: Decision;
}

const BALANCED_SHARE = 0.15;
/** Cycles of an inference that flash gives for a byte. */
const FLASH_CYCLES = 4000;
/** Share of the cycles that balanced may give for flash. */
const BALANCED_FLASH_SHARE = 0.05;
const TRADE_PASSES = 4;
/** Share of the bytes in use that the next plan may have, how many are tried at most, and how many of them are planned. */
const BALANCE_STEP = 0.97;
const BALANCE_PLANS = 16;
const BALANCE_PLANNED = 3;
/** Rows of its output that a cascade makes at a time: fewer take less RAM, more compute less anew. */
const BANDS = [1, 2, 4, 8];

/** Throws E_DOES_NOT_FIT, with the smallest figure there is, where a limit cannot be kept. */
export function selectKernels(given: Program, target: Target, options: SelectOptions = {}): Choice {
  const { optimize, maxRam, cascades } = requestOf(options);
  const countsRam = optimize === "ram" || optimize === "balanced" || maxRam !== undefined;
  const split = countsRam && cascades ? splitMeans(given) : given;
  if (split === given) return selectSteps(given, target, options);
  const choices: Choice[] = [];
  const errors: LimitError[] = [];
  for (const program of [given, split]) {
    // Only where the image before a mean is there when the most bytes are in use.
    if (choices.length > 0 && !meanAtPeak(choices[0])) break;
    try {
      choices.push(selectSteps(program, target, options));
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      errors.push(error);
    }
  }
  if (choices.length === 0) {
    const [first] = errors;
    throw errors.reduce((least, error) => (error.limit === first.limit && error.bytes < least.bytes ? error : least));
  }
  return choices.reduce((best, choice) => (figure(choice, optimize) < figure(best, optimize) ? choice : best));
}

/** What is compared between programs that say the same: less is better. */
function figure({ plan, decision }: Choice, optimize: Optimize): number {
  const bytes = plan.arenaBytes + plan.persistentBytes;
  if (optimize === "ram") return bytes + decision.cycles * 2 ** -40;
  return optimize === "balanced" ? bytes * decision.cycles ** 2 : decision.cycles;
}

/** A tensor that a mean reads is among what takes the most bytes. */
function meanAtPeak({ program, plan }: Choice): boolean {
  const read = new Set(program.steps.flatMap(({ kernel, inputs }) => (kernel === "nn_mean_s8" ? inputs : [])));
  return plan.aliveAtPeak.some(({ tensor }) => tensor !== null && read.has(tensor));
}

function selectSteps(given: Program, board: Target, options: SelectOptions): Choice {
  const { ioBuffers = "arena", measured } = options;
  const request = requestOf(options);
  const { optimize, maxRam, maxFlash, cascades } = request;
  const target = askedTarget(board, request);
  const rows = stepRows(given);
  const costs = costsOf(target, measured);
  const { constants, intern } = constantPool(given.constants);
  const targets = stepTargets(given, target);
  const uncounted = options.tablesInFlash === false && maxFlash !== undefined;
  const found = given.steps.map((step, index) => {
    const of = optionsOf(given, step, rows[index], targets[index], costs, intern);
    return uncounted ? { ...of, options: of.options.map((option) => ({ ...option, tableBytes: 0 })) } : of;
  });
  const all: Program = { ...given, constants };
  const fastest = found.map((of) => least(of.options, ({ cycles }) => cycles));
  const leastCycles = sumOf(fastest, ({ cycles }) => cycles);
  const every = found.map((of) => of.options);
  const smallest = smallestFlash(every);
  let chosen = fastest;
  if (optimize === "flash") chosen = tradeFlash(smallest, every, (bytes, cycles) => bytes + cycles / FLASH_CYCLES);
  else if (optimize === "balanced") {
    const most = leastCycles * (1 + BALANCED_FLASH_SHARE);
    const figure = (bytes: number, cycles: number) => (cycles > most ? Number.POSITIVE_INFINITY : bytes * cycles ** 2);
    chosen = tradeFlash(fastest, every, figure);
  }
  if (maxFlash !== undefined) chosen = withinFlash(chosen, smallest, every, maxFlash);

  const whole: Program = { ...all, steps: chosen.map(({ step }) => step) };
  const planned = planMemory(whole, { ioBuffers });
  // From here on in the order of the plan.
  const at = planned.steps;
  const ordered: Program = { ...whole, steps: at.map((index) => whole.steps[index]) };
  const own = maxFlash === undefined ? every : inFlash(every, chosen);
  const scratchOf = ({ step }: Option) => firmwareCall(step).scratchBytes;
  /** For bands of so many rows, the cuttable option of each step with the least figure. */
  const banded = (band: number, of: (option: Option, cycles: number) => number): BandedSteps => {
    const found = (index: number): BandedStep | undefined => {
      const outRows = rows[index]?.outRows ?? 1;
      const bands = Array.from({ length: Math.ceil(outRows / band) }, () => Math.min(band, outRows));
      const figure = (option: Option) => of(option, option.banded?.(bands) ?? Number.POSITIVE_INFINITY);
      const cuttable = own[index].filter((option) => Number.isFinite(option.banded?.(bands)));
      if (cuttable.length === 0) return undefined;
      const { step, banded: cycles } = least(cuttable, figure);
      return { step, cycles: cycles! };
    };
    // When it is asked for: large programs have many steps that no cascade is tried for.
    return { band, stepAt: memoised((position) => found(at[position])) };
  };
  const frugal = (option: Option, cycles: number) => scratchOf(option) * 2 ** 40 + cycles;
  const before = sumOf(chosen, ({ cycles }) => cycles);
  let streamer: LayerStreamer | undefined;
  const stream: LayerStreamer = (limit, maxCycles) => {
    streamer ??= layerStreamer(ordered, {
      ...{ ioBuffers, cascades },
      cycles: at.map((index) => chosen[index].cycles),
      banded: BANDS.flatMap((band) => [banded(band, (_, cycles) => cycles), banded(band, frugal)]),
      alternatives: at.map((index) =>
        own[index]
          .filter((option) => option !== chosen[index])
          .map(({ step, cycles }) => ({ step, cycles: cycles - chosen[index].cycles })),
      ),
    });
    return streamer(limit, maxCycles);
  };
  const optionsFor = new Map(given.steps.map((step, index) => [step.outputs[0], own[index]]));
  const lighter: Lighter = (step) => {
    const options = optionsFor.get(step.outputs[0]) ?? [];
    const now = options.find((option) => option.step === step);
    return (now ? options : [])
      .filter((option) => scratchOf(option) < scratchOf(now!))
      .sort((a, b) => a.cycles - b.cycles)
      .map((option) => ({ step: option.step, cycles: option.cycles - now!.cycles }));
  };
  const inOrder = at.every((index, position) => index === position);
  const start = inOrder ? planned : planMemory(ordered, { ioBuffers });
  const attempts = new Attempts({ program: ordered, peak: start.lowerBound, cycles: 0, plan: start }, ioBuffers);
  if (optimize === "ram") attempts.shrink(stream, lighter);
  else if (optimize === "balanced")
    attempts.balance((limit) => stream(limit, leastCycles * (1 + BALANCED_SHARE) - before), before);
  if (maxRam !== undefined && attempts.ram > maxRam) {
    attempts.fit(stream, maxRam, lighter);
    if (attempts.ram > maxRam) throw new LimitError("RAM for the arena", attempts.ram, "--max-ram", maxRam);
  }
  const { program, plan, cycles } = attempts.best;
  const rejectedOf = new Map(given.steps.map((step, index) => [step.outputs[0], { index, all: found[index] }]));
  return {
    // Without the tables of implementations that were not chosen.
    program: withUsedConstants(program),
    plan,
    rejected: program.steps.map((step) => kernelSteps(step).flatMap((part) => rejections(part, rejectedOf))),
    request,
    decision: {
      ...{ optimize, cycles: before + cycles, leastCycles },
      why: reason(optimize, program, plan, planned, cycles, before),
    },
  };
}

/** Step -> the target as its tables see it: those of the steps that read them most lie in the hot memory, as long as there is room. */
function stepTargets({ steps, constants }: Program, target: Target): Target[] {
  const { hot } = target;
  if (!hot) return steps.map(() => target);
  const found = steps.map((step, id) => {
    const tables = Object.values(step.constants).map((constant) => constants[constant].data);
    const readings = readingsOf(
      step.macs,
      tables.map(({ length }) => length),
    );
    return { id, readings, bytes: sumOf(tables, ({ byteLength }) => byteLength) };
  });
  const inside = hottest(found, hot.bytes);
  const { flashWaitStates, tableCacheBytes } = hot;
  return steps.map((_, id) => (inside.has(id) ? { ...target, flashWaitStates, tableCacheBytes } : target));
}

type Lighter = (step: Step) => readonly Alternative[];

/** The plan in hand, and others that are kept where they are better. */
class Attempts {
  constructor(
    public best: StreamedLayers & { readonly plan: Plan },
    private readonly ioBuffers: "arena" | "caller",
  ) {}

  /** Bytes of arena and states. */
  get ram(): number {
    return this.best.plan.arenaBytes + this.best.plan.persistentBytes;
  }

  private attempt(streamed: StreamedLayers): Plan {
    const plan = planMemory(streamed.program, { ioBuffers: this.ioBuffers });
    const { arenaBytes } = this.best.plan;
    const better =
      plan.arenaBytes < arenaBytes || (plan.arenaBytes === arenaBytes && streamed.cycles < this.best.cycles);
    if (better) this.best = { ...streamed, plan };
    return plan;
  }

  /**
   * The smallest arena, and of those the fewest cycles: first whatever lowers the peak, then only what that needs.
   * @param lighter other ways to compute a step with less scratch, the cheapest first, and the cycles that they add
   */
  shrink(stream: LayerStreamer, lighter: Lighter): void {
    const first = stream(0);
    if (first.cycles === 0 && first.peak >= this.best.plan.lowerBound) return;
    this.attempt(first);
    const compact = (streamed: StreamedLayers) => this.closeGaps(streamed, this.attempt(streamed), lighter);
    compact(stream(first.peak));
    if (this.best.plan.arenaBytes > first.peak) compact(stream(this.best.plan.arenaBytes));
    // Which change comes first depends on the limit: one just below what was reached may lead further down.
    for (let better = true; better; ) better = this.reach(stream, this.best.plan.arenaBytes - 1);
  }

  /** Less scratch where a placement puts it above the peak. */
  private closeGaps(streamed: StreamedLayers, plan: Plan, lighter: Lighter): void {
    const scratchEnd = (index: number) =>
      (plan.scratch[index] ?? 0) + firmwareCall(streamed.program.steps[index]).scratchBytes;
    const above = streamed.program.steps.findIndex((_, index) => scratchEnd(index) > streamed.peak);
    if (above < 0) return;
    for (const { step, cycles } of lighter(streamed.program.steps[above])) {
      const program = { ...streamed.program, steps: streamed.program.steps.with(above, step) };
      const changed = { ...streamed, program, cycles: streamed.cycles + cycles };
      const own = this.attempt(changed);
      if (own.arenaBytes < plan.arenaBytes) {
        this.closeGaps(changed, own, lighter);
        return;
      }
    }
  }

  /**
   * The least RAM times the square of the cycles: a share less RAM is worth half as large a share of cycles, and no more.
   * @param cycles of the program without cascades
   */
  balance(stream: LayerStreamer, cycles: number): void {
    const persistent = this.best.plan.persistentBytes;
    const worth = (bytes: number, more: number) => (bytes + persistent) * (cycles + more) ** 2;
    const found: StreamedLayers[] = [];
    let peak = this.best.peak;
    for (let i = 0; i < BALANCE_PLANS; i++) {
      const streamed = stream(Math.floor(peak * BALANCE_STEP));
      if (streamed.peak >= peak) break;
      found.push(streamed);
      peak = streamed.peak;
    }
    // Steps too small to pay may lead to one that does: the least there is, too.
    found.push(stream(0));
    const promising = found.sort((a, b) => worth(a.peak, a.cycles) - worth(b.peak, b.cycles)).slice(0, BALANCE_PLANNED);
    for (const streamed of promising) {
      const plan = planMemory(streamed.program, { ioBuffers: this.ioBuffers });
      const { plan: own, cycles: more } = this.best;
      if (worth(plan.arenaBytes, streamed.cycles) < worth(own.arenaBytes, more)) this.best = { ...streamed, plan };
    }
  }

  /** The fewest cycles with which the arena keeps a limit, or the smallest arena there is. */
  fit(stream: LayerStreamer, maxRam: number, lighter: Lighter): void {
    const start = this.best;
    if (this.reach(stream, maxRam - start.plan.persistentBytes)) return;
    // From where it would start under any limit, so that all of them come to the same figure.
    const own = this.best;
    this.best = start;
    this.shrink(stream, lighter);
    if (own.plan.arenaBytes < this.best.plan.arenaBytes) this.best = own;
  }

  /** Whether an arena of so many bytes was found. Its offsets may leave gaps, so the peak must be lower still. */
  private reach(stream: LayerStreamer, bytes: number): boolean {
    const room = bytes - (bytes % this.best.plan.alignment);
    let limit = room;
    for (let i = 0; i < 4 && limit > 0; i++) {
      const plan = this.attempt(stream(limit));
      if (plan.arenaBytes <= room) return true;
      limit -= plan.arenaBytes - room;
    }
    return false;
  }
}

function sumOf<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((sum, item) => sum + of(item), 0);
}

/** The first of the options with the least figure, those with a better name first. */
function least(options: readonly Option[], of: (option: Option) => number): Option {
  return options.reduce((best, option) => {
    const difference = of(option) - of(best);
    return difference < 0 || (difference === 0 && best.variant !== "" && option.variant < best.variant) ? option : best;
  });
}

const tablesKeys = new WeakMap<Step["constants"], string>();

/** Equal for steps with the same tables. */
function tablesKey(constants: Step["constants"]): string {
  let key = tablesKeys.get(constants);
  if (key === undefined) {
    key = JSON.stringify(constants);
    tablesKeys.set(constants, key);
  }
  return key;
}

/** Bytes of tables and code. */
function flashOf(chosen: readonly Option[]): number {
  const code = new Map(chosen.map(({ kernel, codeBytes }) => [kernel, codeBytes]));
  const tables = new Map<string, number>();
  for (const { step, tableBytes } of chosen) tables.set(tablesKey((step.implementation ?? step).constants), tableBytes);
  return sumOf([...code.values(), ...tables.values()], (bytes) => bytes);
}

/**
 * Trades flash for cycles, and cycles for flash: steps take what lowers the figure, one by one as long as that helps, then C
 * function by C function, whose code is paid once and saved with its last step.
 * @param figureOf bytes of tables and code, and cycles, of all steps together: less is better
 */
function tradeFlash(
  start: readonly Option[],
  all: readonly (readonly Option[])[],
  figureOf: (bytes: number, cycles: number) => number,
): Option[] {
  const cyclesOf = (options: readonly Option[]) => sumOf(options, ({ cycles }) => cycles);
  const wholeOf = (options: readonly Option[]) => figureOf(flashOf(options), cyclesOf(options));
  /** Every step in turn by what it alone changes; tables that steps share count in full. */
  const oneByOne = (given: readonly Option[], allowed: (option: Option) => boolean = () => true): Option[] => {
    const chosen = [...given];
    const users = new Map<string, number>();
    for (const { kernel } of chosen) users.set(kernel, (users.get(kernel) ?? 0) + 1);
    let [bytes, cycles] = [flashOf(chosen), cyclesOf(chosen)];
    for (const [i, options] of all.entries()) {
      const now = chosen[i];
      const changes = options.filter(allowed).map((option) => {
        const comes = users.get(option.kernel) ? 0 : option.codeBytes;
        const goes = users.get(now.kernel) === 1 ? now.codeBytes : 0;
        const code = option.kernel === now.kernel ? 0 : comes - goes;
        const [b, c] = [bytes + option.tableBytes - now.tableBytes + code, cycles + option.cycles - now.cycles];
        return { option, bytes: b, cycles: c, figure: figureOf(b, c) };
      });
      const best = changes.reduce((x, y) => (y.figure < x.figure ? y : x), {
        ...{ option: now, bytes, cycles, figure: allowed(now) ? figureOf(bytes, cycles) : Number.POSITIVE_INFINITY },
      });
      if (best.option === now) continue;
      users.set(now.kernel, users.get(now.kernel)! - 1);
      users.set(best.option.kernel, (users.get(best.option.kernel) ?? 0) + 1);
      [chosen[i], bytes, cycles] = [best.option, best.bytes, best.cycles];
    }
    return chosen;
  };
  const kernels = [...new Set(all.flatMap((options) => options.map(({ kernel }) => kernel)))];
  let best = { chosen: [...start], figure: wholeOf(start) };
  for (let pass = 0; pass < TRADE_PASSES; pass++) {
    const { figure: before } = best;
    const attempt = (made: Option[]) => {
      const figure = wholeOf(made);
      if (figure < best.figure) best = { chosen: made, figure };
    };
    attempt(oneByOne(best.chosen));
    for (const kernel of kernels) {
      // All steps that can take a function at once, and all that have it to others.
      attempt(oneByOne(best.chosen.map((now, i) => all[i].find((option) => option.kernel === kernel) ?? now)));
      attempt(oneByOne(best.chosen, (option) => option.kernel !== kernel));
    }
    if (best.figure >= before) break;
  }
  return best.chosen;
}

/** C function by C function: all its steps at once, as long as the whole gets smaller. */
function smallestFlash(options: readonly (readonly Option[])[]): Option[] {
  let chosen = options.map((of) => least(of, ({ tableBytes }) => tableBytes));
  const kernels = [...new Set(options.flatMap((of) => of.map(({ kernel }) => kernel)))];
  for (let improved = true; improved; ) {
    improved = false;
    for (const kernel of kernels) {
      const changed = chosen.map((option, i) => options[i].find((other) => other.kernel === kernel) ?? option);
      if (flashOf(changed) >= flashOf(chosen)) continue;
      chosen = changed;
      improved = true;
    }
  }
  return chosen;
}

/**
 * Gives up speed where that saves the most flash for a cycle, until the limit is kept: a step takes another function that is
 * there already, or all steps that can take a further function, whose code is then paid once.
 */
function withinFlash(
  fast: readonly Option[],
  small: readonly Option[],
  all: readonly (readonly Option[])[],
  maxFlash: number,
): Option[] {
  const least = flashOf(small);
  if (least > maxFlash) throw new LimitError("flash for tables and kernels", least, "--max-flash", maxFlash);
  const kernels = [...new Set(all.flatMap((options) => options.map(({ kernel }) => kernel)))];
  const cyclesOf = (options: readonly Option[]) => sumOf(options, ({ cycles }) => cycles);
  let chosen = [...fast];
  let bytes = flashOf(chosen);
  while (bytes > maxFlash) {
    const present = new Set(chosen.map(({ kernel }) => kernel));
    const cycles = cyclesOf(chosen);
    const moves: { readonly price: number; readonly made: () => Option[] }[] = [];
    chosen.forEach((now, i) => {
      for (const option of all[i]) {
        const saved = now.tableBytes - option.tableBytes;
        if (saved <= 0 || !present.has(option.kernel)) continue;
        moves.push({ price: (option.cycles - now.cycles) / saved, made: () => chosen.with(i, option) });
      }
    });
    for (const kernel of kernels) {
      const made = chosen.map((now, i) => {
        const option = all[i].find((other) => other.kernel === kernel);
        return option && option.tableBytes <= now.tableBytes ? option : now;
      });
      const saved = bytes - flashOf(made);
      if (saved > 0) moves.push({ price: (cyclesOf(made) - cycles) / saved, made: () => made });
    }
    moves.sort((x, y) => x.price - y.price);
    // Tables that steps share, or code that stays, may save less than they seem to.
    const next = moves.find(({ made }) => flashOf(made()) < bytes);
    chosen = next?.made() ?? [...small];
    bytes = flashOf(chosen);
  }
  return faster(chosen, all, maxFlash);
}

/** Under a limit on flash: what adds no function, and makes the tables of no step larger. */
function inFlash(all: readonly (readonly Option[])[], chosen: readonly Option[]): readonly (readonly Option[])[] {
  const present = new Set(chosen.map(({ kernel }) => kernel));
  return all.map((options, i) =>
    options.filter(({ kernel, tableBytes }) => present.has(kernel) && tableBytes <= chosen[i].tableBytes),
  );
}

/** Takes back what was given up in vain: the options that save most cycles, as long as the limit is kept. */
function faster(chosen: readonly Option[], all: readonly (readonly Option[])[], maxFlash: number): Option[] {
  let best = [...chosen];
  const offers = all
    .flatMap((options, i) => options.map((option) => ({ i, option, gain: chosen[i].cycles - option.cycles })))
    .filter(({ gain }) => gain > 0)
    .sort((x, y) => y.gain - x.gain);
  for (const { i, option } of offers) {
    if (option.cycles >= best[i].cycles) continue;
    const made = best.with(i, option);
    if (flashOf(made) <= maxFlash) best = made;
  }
  return best;
}

/** A limit that cannot be kept, and the least bytes that there are. */
class LimitError extends UserError {
  constructor(
    what: string,
    readonly bytes: number,
    readonly limit: string,
    asked: number,
  ) {
    super(
      "E_DOES_NOT_FIT",
      `the model needs ${bytes} bytes of ${what} at least, more than ${limit} ${asked}; raise the limit, or use a smaller model`,
    );
  }
}

function rejections(
  { outputs, implementation }: Step,
  all: ReadonlyMap<number, { readonly all: Options }>,
): Rejection[] {
  const { options, refused } = all.get(outputs[0])!.all;
  const others = options.filter(({ variant }) => variant !== "" && variant !== implementation?.variant);
  return [...refused, ...others.map(({ variant, cycles }) => ({ variant, why: `${cycles} modelled cycles` }))];
}

function reason(optimize: Optimize, program: Program, plan: Plan, whole: Plan, added: number, before: number): string {
  const cascades = program.steps.filter(({ cascade }) => cascade).length;
  const share = before > 0 ? ((100 * added) / before).toFixed(1) : "0";
  const lessRam = `the arena takes ${plan.arenaBytes} bytes instead of ${whole.arenaBytes} for ${share} % more modelled cycles`;
  if (plan.arenaBytes === whole.arenaBytes) return `${optimize}: every layer runs whole`;
  return `${optimize}: ${cascades} cascade${cascades === 1 ? "" : "s"}; ${lessRam}`;
}
