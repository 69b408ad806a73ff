/**
 * The static memory planner: chooses the order of the steps, merges tensors that may share bytes, and gives every one
 * its place.
 *
 *     Program ─ dataflow ─▶ order ─▶ storages (liveness) ─▶ blocks and conflicts ─▶ offsets (arena) ─▶ Plan ─▶ verify
 *
 * What it takes as given, and what "optimal" is relative to: a step reads and writes whole tensors (its output may
 * overlap its first input as far as its kernel says), a storage is one range of the arena for as long as it is in use,
 * and sizes count rounded up to the alignment.
 */
import { type Program, streamedTensors } from "../graph/program.js";
import { type Assignment, assignOffsets } from "./arena.js";
import { type ArenaProblem, arenaProblem, type Block, largestLiveSet, overlapBytes } from "./conflicts.js";
import {
  alignUp,
  type Dataflow,
  dataflow,
  type InPlaceOf,
  kernelInPlace,
  kernelLead,
  type LeadOf,
  tensorBytes,
} from "./dataflow.js";
import { type Storage, storagesOf } from "./liveness.js";
import { type ArenaPart, type Memory, spreadBlocks } from "./memories.js";
import { chooseOrder, type Order } from "./order.js";
import { verifyPlan } from "./verify.js";

/** Of everything in RAM, unless PlanOptions say otherwise. */
const ALIGNMENT = 16;

export interface PlanOptions {
  /** "caller": graph inputs and outputs lie in buffers that the caller passes, outside the arena. */
  readonly ioBuffers: "arena" | "caller";
  /** Bytes; a power of two. Default 16. */
  readonly alignment?: number;
  /** [input, output] pairs of a step that may share bytes. Default: what its kernel says. */
  readonly inPlaceOf?: InPlaceOf;
  /** How far the output of a step must start before its first input to overlap it. Default: what its kernel says. */
  readonly leadOf?: LeadOf;
  /** Where the arena may lie, the memory of other data first. Default: in one of any size. */
  readonly memories?: readonly Memory[];
}

/**
 * Where `bytes` bytes lie: in the arena, at the start of the caller's buffer in[index] or out[index], in the memory of
 * Program.states[index], in flash as Program.constants[index], or row by row in the line buffers of the cascade
 * Program.steps[index].
 */
export type Placement =
  | { readonly region: "arena"; readonly offset: number; readonly bytes: number }
  | {
      readonly region: "input" | "output" | "state" | "constant" | "lines";
      readonly index: number;
      readonly bytes: number;
    };

/**
 * A range of bytes and who uses it when. Positions index `Plan.steps`; -1 is before the first step (inputs are filled
 * in), the number of steps is after the last one (outputs are read).
 */
export interface PlannedStorage {
  /** Tensor ids, views included, in the order in which they take it over. */
  readonly tensors: readonly number[];
  readonly placement: Placement;
  readonly first: number;
  readonly last: number;
}

export interface AliveAtPeak {
  /** Tensor id; null for the scratch of the step. */
  readonly tensor: number | null;
  readonly name: string;
  /** Rounded up to the alignment, without what the output of the step has in common with its input: these add up to the lower bound. */
  readonly bytes: number;
}

/** Plain data, stored with the firmware. */
export interface Plan {
  readonly ioBuffers: "arena" | "caller";
  readonly alignment: number;
  /** Indices into Program.steps in the order of execution. */
  readonly steps: readonly number[];
  /** By tensor id; `bytes` are those of the tensor's elements. */
  readonly placements: readonly Placement[];
  /** By index into Program.steps: offset of its scratch in the arena; null for a step without. */
  readonly scratch: readonly (number | null)[];
  readonly storages: readonly PlannedStorage[];
  /** By position: bytes of the arena in use while the step runs, its scratch included. */
  readonly liveBytes: readonly number[];
  /** Size of the arena, a multiple of the alignment. */
  readonly arenaBytes: number;
  /** Its parts in several memories, in the order of their offsets; absent: all of it lies in the first one. */
  readonly parts?: readonly ArenaPart[];
  /** Bytes of a memory of its own that keeps its values between calls, and the offset of every state in it. */
  readonly persistentBytes: number;
  readonly stateOffsets: readonly number[];
  /** The largest live set under this order, scratch included. */
  readonly lowerBound: number;
  /** No order and no placement needs a smaller arena. */
  readonly optimal: boolean;
  /** Why, or what is known otherwise. */
  readonly proof: string;
  /** Position of the largest live set (the first of equals), and what is in it. */
  readonly peakStep: number;
  readonly aliveAtPeak: readonly AliveAtPeak[];
  /** Work of the exact searches. */
  readonly explored: { readonly orderStates: number; readonly placementNodes: number };
}

interface Candidate {
  readonly steps: readonly number[];
  readonly storages: readonly Storage[];
  /** Blocks: the storages in the arena, then the scratch of the steps that have some. */
  readonly problem: ArenaProblem;
  readonly assignment: Assignment;
}

/** A checked plan. Deterministic; a malformed program is an internal error. */
export function planMemory(program: Program, options: PlanOptions): Plan {
  const { ioBuffers, alignment = ALIGNMENT, inPlaceOf = kernelInPlace, leadOf = kernelLead } = options;
  const flow = dataflow(program, { ioBuffers, alignment, inPlaceOf, leadOf });
  const order = chooseOrder(flow);
  const single = bestCandidate(flow, order, alignment);
  const { parts, best } = inMemories(program, flow, single, alignment, options.memories ?? []);
  const plan: Plan = {
    ioBuffers,
    alignment,
    steps: best.steps,
    ...place(program, flow, best),
    arenaBytes: best.assignment.bytes,
    ...(parts && { parts }),
    ...stateMemory(program, alignment),
    lowerBound: largestLiveSet(best.problem),
    optimal: best.assignment.bytes === order.bound,
    proof: proof(order, best),
    ...peak(program, flow, best),
    explored: { orderStates: order.states, placementNodes: best.assignment.nodes },
  };
  verifyPlan(program, plan, inPlaceOf, leadOf);
  return plan;
}

/** The candidate over several memories, where the fastest one has no room for all of it or is not the first. */
function inMemories(
  program: Program,
  flow: Dataflow,
  candidate: Candidate,
  alignment: number,
  memories: readonly Memory[],
): { readonly best: Candidate; readonly parts?: readonly ArenaPart[] } {
  const { problem, assignment } = candidate;
  const isFastest = memories.every(({ waiting }) => waiting >= memories[0].waiting);
  if (memories.length < 2 || (isFastest && assignment.bytes <= memories[0].bytes)) return { best: candidate };
  const spread = spreadBlocks(problem, trafficOf(program, flow, candidate), memories, alignment);
  if (!spread) return { best: candidate };
  const { offsets, parts } = spread;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { best: { ...candidate, assignment: { ...assignment, offsets, bytes } }, parts };
}

/**
 * Bytes that each block has read and written, estimated: a step writes its outputs, reads its inputs, and reads a byte for
 * every product, from its scratch where it has some.
 */
function trafficOf(program: Program, flow: Dataflow, { steps, storages }: Candidate): number[] {
  const inArena = storages.filter(({ bytes }) => bytes > 0);
  const blockOf = new Map(inArena.flatMap(({ roots }, block) => roots.map((root) => [root, block] as const)));
  const traffic = new Array<number>(inArena.length).fill(0);
  const add = (tensor: number, bytes: number) => {
    const block = blockOf.get(flow.root[tensor]);
    if (block !== undefined) traffic[block] += bytes;
  };
  for (const index of steps) {
    const { inputs, outputs, macs } = program.steps[index];
    const hasScratch = flow.scratch[index] > 0;
    for (const id of outputs) add(id, flow.bytes[flow.root[id]]);
    inputs.forEach((id, i) => {
      add(id, Math.max(flow.bytes[flow.root[id]], !hasScratch && i === 0 ? macs : 0));
    });
    if (hasScratch) traffic.push(Math.max(flow.scratch[index], macs));
  }
  return traffic;
}

/** The memory of the states: its bytes, and the offset of each in it. */
export function stateMemory({ tensors, states = [] }: Program, alignment = ALIGNMENT) {
  const stateOffsets: number[] = [];
  let persistentBytes = 0;
  for (const { input } of states) {
    stateOffsets.push(persistentBytes);
    persistentBytes += alignUp(tensorBytes(tensors[input]), alignment);
  }
  return { persistentBytes, stateOffsets };
}

/**
 * The chosen order with everything in place that may be, unless its offsets leave gaps: then the Program's order and
 * separate storages are tried as well, so that the plan is never worse than those.
 */
function bestCandidate(flow: Dataflow, order: Order, alignment: number): Candidate {
  const given = [...order.steps].sort((a, b) => a - b);
  let best = candidate(flow, order.steps, true, alignment);
  for (const [steps, inPlace] of [
    [order.steps, false],
    [given, true],
    [given, false],
  ] as const) {
    if (best.assignment.bytes === order.peak) break;
    const other = candidate(flow, steps, inPlace, alignment);
    if (other.assignment.bytes < best.assignment.bytes) best = other;
  }
  return best;
}

function candidate(flow: Dataflow, steps: readonly number[], inPlace: boolean, alignment: number): Candidate {
  const storages = storagesOf(flow, steps, inPlace);
  const inArena = storages.filter(({ bytes }) => bytes > 0);
  const blocks: Block[] = [...inArena];
  const overlaps = inArena.flatMap(({ over }, output) =>
    over ? [{ input: inArena.indexOf(storages[over.storage]), output, lead: over.lead }] : [],
  );
  steps.forEach((step, position) => {
    const bytes = flow.scratch[step];
    if (bytes > 0) blocks.push({ bytes, first: position, last: position });
  });
  const problem = arenaProblem(blocks, overlaps);
  return { steps, storages, problem, assignment: assignOffsets(problem, alignment) };
}

function place(program: Program, flow: Dataflow, { steps, storages, assignment }: Candidate) {
  const views = new Map<number, number[]>();
  flow.root.forEach((root, id) => {
    if (root !== id) views.set(root, [...(views.get(root) ?? []), id]);
  });
  const placements = new Array<Placement>(program.tensors.length);
  let block = 0;
  const planned = storages.map(({ roots, bytes, first, last, callerBuffer }): PlannedStorage => {
    const tensors = roots.flatMap((root) => [root, ...(views.get(root) ?? [])]);
    const size = tensorBytes(program.tensors[roots[0]]);
    const placement: Placement = callerBuffer
      ? { ...callerBuffer, bytes: size }
      : { region: "arena", offset: bytes > 0 ? assignment.offsets[block++] : 0, bytes: size };
    for (const id of tensors) placements[id] = placement;
    return { tensors, placement, first, last };
  });
  for (const tensor of program.tensors) {
    if (tensor.constant === undefined) continue;
    placements[tensor.id] = { region: "constant", index: tensor.constant, bytes: tensorBytes(tensor) };
  }
  for (const [id, index] of streamedTensors(program))
    placements[id] = { region: "lines", index, bytes: tensorBytes(program.tensors[id]) };
  const scratch = new Array<number | null>(program.steps.length).fill(null);
  for (const step of steps) if (flow.scratch[step] > 0) scratch[step] = assignment.offsets[block++];
  return { placements, scratch, storages: planned };
}

/** Bytes that a storage can have in common with the one it overlaps, in the step that writes it. */
function commonBytes(storages: readonly Storage[], { bytes, over }: Storage): number {
  return over ? overlapBytes(storages[over.storage].bytes, bytes, over.lead) : 0;
}

/** Bytes of the arena in use at every position from -1 on: element 0 is before the first step. */
function usage(flow: Dataflow, { steps, storages }: Candidate): number[] {
  const change = new Array<number>(steps.length + 3).fill(0);
  storages.forEach((storage) => {
    const { bytes, first, last } = storage;
    const common = commonBytes(storages, storage);
    change[first + 1] += bytes - common;
    change[first + 2] += common;
    change[last + 2] -= bytes;
  });
  let live = 0;
  return change.slice(0, -1).map((bytes, index) => {
    live += bytes;
    return live + (flow.scratch[steps[index - 1]] ?? 0);
  });
}

function peak(program: Program, flow: Dataflow, best: Candidate) {
  const { steps, storages } = best;
  const used = usage(flow, best);
  const peakStep = used.indexOf(used.reduce((a, b) => Math.max(a, b))) - 1;
  const done = new Set(steps.slice(0, peakStep + 1));
  const alive: AliveAtPeak[] = storages
    .filter(({ bytes, first, last }) => bytes > 0 && first <= peakStep && last >= peakStep)
    .map((storage) => {
      const tensor = storage.roots.findLast((root) => flow.writer[root] < 0 || done.has(flow.writer[root]))!;
      const common = storage.first === peakStep ? commonBytes(storages, storage) : 0;
      return { tensor, name: program.tensors[tensor].name, bytes: storage.bytes - common };
    });
  const step = steps[peakStep];
  if (flow.scratch[step] > 0)
    alive.push({ tensor: null, name: `scratch of ${program.steps[step].node}`, bytes: flow.scratch[step] });
  return { liveBytes: used.slice(1, -1), peakStep, aliveAtPeak: alive.sort((a, b) => b.bytes - a.bytes) };
}

function proof(order: Order, { problem, assignment }: Candidate): string {
  const { bytes, bound, nodes } = assignment;
  if (bytes === order.bound)
    return order.states === 0
      ? "the arena is no larger than what every order of the steps needs at once"
      : `the arena equals the largest live set, and exhaustive search (${order.states} states) proves that no order of the steps has a smaller one`;
  const below = `no order of the steps needs less than ${order.bound} bytes`;
  if (bytes === largestLiveSet(problem))
    return `the arena equals the largest live set of this order; the search for a better order stopped after ${order.states} states: ${below}`;
  if (bytes === bound)
    return `exhaustive search (${nodes} nodes) proves that these storages fit no smaller arena; ${below}`;
  return nodes > 0
    ? `the search for better offsets stopped after ${nodes} nodes; ${below}`
    : `the offsets leave gaps, and the storages are too many for an exact search; ${below}`;
}
