/** Which blocks of an arena exclude each other, as data: what the assignment of offsets works on. */

/** Bytes that are in use from position `first` to `last` inclusive. */
export interface Block {
  /** > 0, a multiple of the alignment. */
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Differences of offsets that are forbidden: low < offset(b) - offset(a) < high, where low < 0 < high. */
export interface ForbiddenInterval {
  readonly low: number;
  readonly high: number;
}

/** How the blocks a and b, in use at the same position, exclude each other; null where they may overlap at will. */
export type Conflict = (a: Block, b: Block) => ForbiddenInterval | null;

/** No byte of one block is a byte of the other. */
export const disjoint: Conflict = (a, b) => ({ low: -b.bytes, high: a.bytes });

/** A conflict seen from one block: forbidden for its offset minus that of `other`. */
export interface Neighbour extends ForbiddenInterval {
  readonly other: number;
}

export interface ArenaProblem {
  readonly blocks: readonly Block[];
  /** Block -> its conflicts. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  /** Sets of blocks that must all be disjoint: the arena holds no less than the bytes of each. None is part of another. */
  readonly liveSets: readonly (readonly number[])[];
}

/** Finds the pairs in use together by one sweep over the positions: time and memory grow with their number. */
export function arenaProblem(blocks: readonly Block[], conflict: Conflict = disjoint): ArenaProblem {
  const neighbours: Neighbour[][] = blocks.map(() => []);
  const liveSets: number[][] = [];
  const byFirst = [...blocks.keys()].sort((a, b) => blocks[a].first - blocks[b].first || a - b);
  let live: number[] = [];
  for (const b of byFirst) {
    const stillLive = live.filter((a) => blocks[a].last >= blocks[b].first);
    if (stillLive.length < live.length) liveSets.push(live);
    for (const a of stillLive) {
      const forbidden = conflict(blocks[a], blocks[b]);
      if (!forbidden) continue;
      neighbours[b].push({ other: a, ...forbidden });
      neighbours[a].push({ other: b, low: -forbidden.high, high: -forbidden.low });
    }
    live = [...stillLive, b];
  }
  if (live.length > 0) liveSets.push(live);
  return { blocks, neighbours, liveSets };
}

export function bytesOf(problem: ArenaProblem, set: readonly number[]): number {
  let sum = 0;
  for (const block of set) sum += problem.blocks[block].bytes;
  return sum;
}

/** Bytes of the largest live set: no arena is smaller. */
export function largestLiveSet(problem: ArenaProblem): number {
  return problem.liveSets.reduce((largest, set) => Math.max(largest, bytesOf(problem, set)), 0);
}

/** End of the highest block. */
export function arenaBytes(problem: ArenaProblem, offsets: readonly number[]): number {
  return problem.blocks.reduce((end, { bytes }, block) => Math.max(end, offsets[block] + bytes), 0);
}
