/** Assigns an offset to every block of an arena. */
import { refineOffsets } from "./arena_refine.js";
import { searchOffsets } from "./arena_search.js";
import { type ArenaProblem, arenaBytes, bytesOf, largestLiveSet } from "./conflicts.js";
import { firstFit } from "./first_fit.js";

export interface Assignment {
  /** Block -> offset, a multiple of the alignment. */
  readonly offsets: readonly number[];
  /** Size of the arena. */
  readonly bytes: number;
  /** No assignment of these blocks is smaller; equal to `bytes` where that is proved. */
  readonly bound: number;
  /** Nodes that the exact search visited; 0 where a greedy assignment met the largest live set. */
  readonly nodes: number;
}

/** The exact search is for this many blocks at most, and visits this many nodes at most. */
const MAX_BLOCKS = 100;
const MAX_NODES = 20_000;

/**
 * The smallest of several greedy assignments (among them greedy by size); where none meets the largest live set, all
 * of them refined, and for few blocks an exact search.
 */
export function assignOffsets(problem: ArenaProblem, alignment: number, maxNodes = MAX_NODES): Assignment {
  const liveBytes = largestLiveSet(problem);
  const best = greedyOffsets(problem, alignment, liveBytes);
  if (best.bytes === liveBytes || problem.blocks.length > MAX_BLOCKS) return { ...best, bound: liveBytes, nodes: 0 };
  return exactOffsets(problem, alignment, best, liveBytes, maxNodes);
}

interface Offsets {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

function greedyOffsets(problem: ArenaProblem, alignment: number, liveBytes: number): Offsets {
  const orders = priorities(problem).map((priority) => byPriority(problem, priority));
  let best: Offsets = { offsets: [], bytes: Number.POSITIVE_INFINITY };
  const attempt = (found: Offsets) => {
    if (found.bytes < best.bytes) best = found;
    return best.bytes === liveBytes;
  };
  const firstFits = (order: readonly number[]) => {
    const offsets = firstFit(problem, order, alignment);
    return attempt({ offsets, bytes: arenaBytes(problem, offsets) });
  };
  if (!orders.some(firstFits)) orders.some((order) => attempt(refineOffsets(problem, order, alignment, liveBytes)));
  return best;
}

/** Tries the bound itself first, which is nearly always within reach, then less and less than what is known. */
function exactOffsets(
  problem: ArenaProblem,
  alignment: number,
  known: Offsets,
  liveBytes: number,
  maxNodes: number,
): Assignment {
  const direct = searchOffsets(problem, liveBytes, alignment, maxNodes);
  let nodes = direct.nodes;
  if (direct.offsets) return { offsets: direct.offsets, bytes: liveBytes, bound: liveBytes, nodes };
  let best = known;
  let bound = direct.finished ? liveBytes + alignment : liveBytes;
  while (best.bytes > bound) {
    const lower = searchOffsets(problem, best.bytes - alignment, alignment, maxNodes - nodes);
    nodes += lower.nodes;
    if (lower.offsets) best = { offsets: lower.offsets, bytes: arenaBytes(problem, lower.offsets) };
    else if (lower.finished) bound = best.bytes;
    else break;
  }
  return { ...best, bound, nodes };
}

/** Offsets by first fit, largest block first: the strategy of TensorFlow Lite ("greedy by size"). */
export function greedyBySize(problem: ArenaProblem, alignment: number): number[] {
  return firstFit(problem, byPriority(problem, sizes(problem)), alignment);
}

function sizes(problem: ArenaProblem): number[] {
  return problem.blocks.map(({ bytes }) => bytes);
}

/** What the greedy assignments look at, each as one number per block: those with the larger ones are placed first. */
function priorities(problem: ArenaProblem): number[][] {
  const lifetimes = problem.blocks.map(({ first, last }) => last - first + 1);
  return [
    sizes(problem),
    lifetimes,
    problem.blocks.map(({ bytes }, block) => bytes * lifetimes[block]),
    largestSets(problem),
    problem.blocks.map(({ first }) => -first),
    problem.blocks.map(({ last }) => last),
  ];
}

/** Block -> bytes of the largest live set it belongs to. */
function largestSets(problem: ArenaProblem): number[] {
  const largest = new Array<number>(problem.blocks.length).fill(0);
  for (const set of problem.liveSets) {
    const bytes = bytesOf(problem, set);
    for (const block of set) largest[block] = Math.max(largest[block], bytes);
  }
  return largest;
}

function byPriority({ blocks }: ArenaProblem, priority: readonly number[]): number[] {
  return [...blocks.keys()].sort(
    (a, b) =>
      priority[b] - priority[a] || blocks[b].bytes - blocks[a].bytes || blocks[a].first - blocks[b].first || a - b,
  );
}
