/**
 * What is done to keep the arena within a limit: where the most bytes are in use, the cheapest change that brings them
 * below the limit, again and again. A change is a chain of steps around that place run as a cascade, or another
 * implementation of the step, with less scratch or more overlap.
 */
import { firmwareCall, type Program, type Stage, type Step } from "../graph/program.js";
import type { Rows } from "../kernels/rows.js";
import { overlapBytes } from "../plan/conflicts.js";
import { alignUp, dataflow, kernelInPlace, kernelLead, tensorBytes } from "../plan/dataflow.js";
import { inputBytes, orderBytes, outputBytes } from "../plan/live_bytes.js";
import { makeCascade, stepRows } from "./cascade.js";

const ALIGNMENT = 16;
/** Steps of the program from the first to the last of a cascade, at most. */
const MAX_SPAN = 24;
/** Candidates times steps of the program: keeps large programs quick. */
const MAX_WORK = 4_000_000;

/** Modelled cycles of a call of a kernel on a band, beside those of the kernel: its parameters are copied and changed. */
const CYCLES_PER_CALL = 160;
/** Of a byte that moves to the front of a line buffer. */
const CYCLES_PER_MOVED_BYTE = 2;

/** Another implementation of a step, and the cycles that it adds. */
export interface Alternative {
  readonly step: Step;
  readonly cycles: number;
}

/** What a cascade may call for a step. */
export interface BandedStep {
  readonly step: Step;
  /** Cycles of calls on bands of so many rows of the output each. */
  cycles(bands: readonly number[]): number;
}

/** What cascades may call when they make so many rows of their output at a time. */
export interface BandedSteps {
  readonly band: number;
  /** Of the step at an index of the program the same, or another implementation; undefined where it cannot be cut. */
  stepAt(index: number): BandedStep | undefined;
}

export interface StreamOptions {
  readonly ioBuffers: "arena" | "caller";
  /** Cycles of the steps of the program. */
  readonly cycles: readonly number[];
  /** The ways to make a cascade. */
  readonly banded: readonly BandedSteps[];
  /** Step of the program -> other implementations of it. */
  readonly alternatives?: readonly (readonly Alternative[])[];
  /** False: no cascades. */
  readonly cascades?: boolean;
}

/**
 * @param limit bytes that may be in use at once; more where that cannot be reached
 * @param maxCycles that all changes may add; default: any number
 */
export type LayerStreamer = (limit: number, maxCycles?: number) => StreamedLayers;

export interface StreamedLayers {
  readonly program: Program;
  /** Bytes in use at once in the program's order: no placement needs less. */
  readonly peak: number;
  /** Modelled cycles that the changes add. */
  readonly cycles: number;
}

interface Group {
  /** Ascending; the last one stands for the group. A single one: another implementation of it. */
  readonly indices: readonly number[];
  readonly step: Step;
  readonly cycles: number;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** A stage that says what all its calls take. */
function withCycles(stage: Stage, cycles: number): Stage {
  const { implementation, ...step } = stage.step;
  return implementation ? { ...stage, step: { ...step, implementation: { ...implementation, cycles } } } : stage;
}

/**
 * For any number of limits: what may become a cascade is found out once.
 * @param program without cascades; its steps run in their order
 */
export function layerStreamer(program: Program, options: StreamOptions): LayerStreamer {
  const search = prepare(program, options);
  return (limit, maxCycles) => streamLayers(program, search, limit, maxCycles);
}

function streamLayers(
  program: Program,
  search: ReturnType<typeof prepare>,
  limit: number,
  maxCycles = Number.POSITIVE_INFINITY,
): StreamedLayers {
  const groups = new Map<number, Group>();
  let work = 0;
  let current = search.assemble(groups);
  const cyclesOf = () => [...groups.values()].reduce((sum, { cycles }) => sum + cycles, 0);
  while (current.peak > limit && current.hottest >= 0 && work < MAX_WORK) {
    const candidates = search.candidates(groups, current.hottest);
    work += (candidates.length + 1) * program.steps.length;
    const within = candidates.filter(({ bytes }) => bytes <= limit);
    const budget = maxCycles - cyclesOf();
    const affordable = (within.length > 0 ? within : candidates).filter(
      ({ group, bytes }) => bytes < current.peak && group.cycles - search.replaced(groups, group) <= budget,
    );
    const [best] =
      within.length > 0
        ? affordable.sort((a, b) => a.group.cycles - b.group.cycles || a.bytes - b.bytes)
        : affordable.sort((a, b) => a.bytes - b.bytes || a.group.cycles - b.group.cycles);
    if (!best) break;
    search.adopt(groups, best.group);
    const { peak, hottest } = current;
    current = search.assemble(groups);
    // What is said of a change is an estimate where steps work in place: one that brings nothing ends the search.
    if (current.peak >= peak && current.hottest === hottest) break;
  }
  return { program: current.program, peak: current.peak, cycles: cyclesOf() };
}

function prepare(program: Program, options: StreamOptions) {
  const { ioBuffers, banded, alternatives = [], cascades = true } = options;
  const { tensors, steps } = program;
  const flow = dataflow(program, { ioBuffers, alignment: ALIGNMENT, inPlaceOf: kernelInPlace });
  const rows: (Rows | undefined)[] = stepRows(program);
  const made = new Map<string, readonly Group[]>();

  const groupsOf = (indices: readonly number[]): readonly Group[] => {
    const key = indices.join();
    let groups = made.get(key);
    if (groups === undefined) {
      groups = banded.flatMap((list): Group[] => {
        const own = indices.map((index) => list.stepAt(index));
        if (own.some((step) => step === undefined)) return [];
        const stepOf = new Map(indices.map((index, stage) => [index, own[stage]!.step]));
        const found = makeCascade(program, rows, flow.readers, indices, list.band, (index) => stepOf.get(index)!);
        if (!found?.step.cascade) return [];
        const calls = sum(found.bands.map(({ length }) => length));
        const cycles = calls * CYCLES_PER_CALL + found.movedBytes * CYCLES_PER_MOVED_BYTE;
        const ofStages = own.map((step, stage) => step!.cycles(found.bands[stage]));
        const stages = found.step.cascade.stages.map((stage, i) => withCycles(stage, ofStages[i]));
        const step = { ...found.step, cascade: { ...found.step.cascade, stages, cycles } };
        const whole = sum(indices.map((index) => options.cycles[index]));
        return [{ indices, step, cycles: cycles + sum(ofStages) - whole }];
      });
      made.set(key, groups);
    }
    return groups;
  };

  /** Of the steps from first to last, those whose results reach the last. */
  const ancestors = (first: number, last: number): number[] => {
    const inside = new Set([last]);
    for (let step = last; step >= first; step--)
      if (inside.has(step)) for (const before of flow.predecessors[step]) if (before >= first) inside.add(before);
    return [...inside].sort((a, b) => a - b);
  };

  const isFree = (groups: ReadonlyMap<number, Group>, indices: readonly number[]) => {
    const inside = new Set(indices);
    for (const group of groups.values()) {
      const common = group.indices.filter((index) => inside.has(index)).length;
      if (common > 0 && common < group.indices.length) return false;
    }
    return true;
  };

  const stored = [...flow.bytes.entries()].flatMap(([root, bytes]) => {
    if (bytes === 0 || flow.root[root] !== root || tensors[root].constant !== undefined) return [];
    const isOutput = flow.outputs.has(root);
    return [{ root, bytes, writer: flow.writer[root], isOutput, lastReader: Math.max(-1, ...flow.readers[root]) }];
  });
  const near = new Map<number, typeof stored>();
  /** What may be in use while the step `at` runs: a group moves its steps by less than MAX_SPAN. */
  const storedNear = (at: number) => {
    let found = near.get(at);
    if (!found) {
      found = stored.filter(
        ({ writer, isOutput, lastReader }) =>
          writer <= at && (isOutput || Math.max(writer, lastReader) >= at - MAX_SPAN),
      );
      near.set(at, found);
    }
    return found;
  };

  /** Where groups run their steps, and what exists in their line buffers only. */
  const layoutOf = (groups: ReadonlyMap<number, Group>) => {
    const place = new Map<number, number>();
    const hidden = new Set<number>();
    for (const { indices } of groups.values()) {
      const last = indices[indices.length - 1];
      for (const index of indices) {
        place.set(index, last);
        if (index !== last) hidden.add(steps[index].outputs[0]);
      }
    }
    return { place, hidden };
  };

  /** Bytes in use while a group runs: roots that others write before and read later, what it reads and writes, its scratch. */
  const bytesDuring = ({ place, hidden }: ReturnType<typeof layoutOf>, { indices, step }: Group): number => {
    const at = indices[indices.length - 1];
    const inside = new Set(indices);
    const positionOf = (index: number) => (inside.has(index) ? at : (place.get(index) ?? index));
    let bytes = alignUp(firmwareCall(step).scratchBytes, ALIGNMENT);
    const over = flow.root[step.inputs[0]];
    let dies = !flow.outputs.has(over);
    for (const { root, bytes: size, writer, isOutput } of storedNear(at)) {
      if (hidden.has(root) || (writer !== at && inside.has(writer))) continue;
      const first = writer < 0 ? -1 : positionOf(writer);
      let last = isOutput ? steps.length : first;
      for (const reader of flow.readers[root]) last = Math.max(last, positionOf(reader));
      if (first <= at && last >= at) bytes += size;
      if (root === over && last > at) dies = false;
    }
    const output = flow.bytes[step.outputs[0]];
    const lead = kernelLead(step);
    if (!dies || flow.bytes[over] === 0 || output === 0) return bytes;
    const sameSize = tensorBytes(tensors[over]) === tensorBytes(tensors[step.outputs[0]]);
    if (sameSize && kernelInPlace(step).length > 0) return bytes - output;
    const least = lead === undefined ? output : Math.max(ALIGNMENT, alignUp(lead, ALIGNMENT));
    return bytes - (least < output ? overlapBytes(flow.bytes[over], output, least) : 0);
  };

  return {
    /** The program with the groups as cascades, its peak, and the step in which that is; -1 outside the steps. */
    assemble(groups: ReadonlyMap<number, Group>) {
      const grouped = new Set([...groups.values()].flatMap(({ indices }) => indices));
      const kept = [...steps.keys()].filter((index) => groups.has(index) || !grouped.has(index));
      const assembled: Program = { ...program, steps: kept.map((index) => groups.get(index)?.step ?? steps[index]) };
      const own = dataflow(assembled, { ioBuffers, alignment: ALIGNMENT, inPlaceOf: kernelInPlace });
      let peak = Math.max(inputBytes(own), outputBytes(own));
      let hottest = -1;
      for (const [position, { during }] of orderBytes(own, [...kept.keys()]).entries())
        if (during > peak) [peak, hottest] = [during, kept[position]];
      return { program: assembled, peak, hottest };
    },

    candidates(groups: ReadonlyMap<number, Group>, hottest: number) {
      const result: { group: Group; bytes: number }[] = [];
      const layout = layoutOf(groups);
      const must = groups.get(hottest)?.indices ?? [hottest];
      if (must.length === 1)
        for (const { step, cycles } of alternatives[hottest] ?? []) {
          const group = { indices: must, step, cycles };
          if (groups.get(hottest)?.step !== step) result.push({ group, bytes: bytesDuring(layout, group) });
        }
      if (!cascades) return result;
      const seen = new Set<string>();
      for (let last = hottest; last < Math.min(steps.length, must[0] + MAX_SPAN); last++) {
        if (!rows[last]) continue;
        for (let first = must[0]; first >= Math.max(0, last - MAX_SPAN); first--) {
          const indices = ancestors(first, last);
          const key = indices.join();
          if (indices.length < 2 || seen.has(key) || !indices.includes(hottest)) continue;
          seen.add(key);
          if (!isFree(groups, indices)) continue;
          for (const group of groupsOf(indices))
            if (groups.get(last)?.step !== group.step) result.push({ group, bytes: bytesDuring(layout, group) });
        }
      }
      return result;
    },

    /** Cycles of the groups that a new one takes in. */
    replaced(groups: ReadonlyMap<number, Group>, { indices }: Group): number {
      return [...groups.values()]
        .filter((group) => indices.includes(group.indices[0]))
        .reduce((sum, { cycles }) => sum + cycles, 0);
    },

    adopt(groups: Map<number, Group>, group: Group) {
      for (const [key, other] of groups) if (group.indices.includes(other.indices[0])) groups.delete(key);
      groups.set(group.indices[group.indices.length - 1], group);
    },
  };
}
