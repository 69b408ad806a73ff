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

/** Two blocks that meet in one step: `output` may start at least `lead` bytes before `input`, and overlap it. */
export interface Overlap {
  readonly input: number;
  readonly output: number;
  /** A positive multiple of the alignment, smaller than the bytes of `output`. */
  readonly lead: number;
}

/** A conflict seen from one block: forbidden for its offset minus that of `other`. */
export interface Neighbour extends ForbiddenInterval {
  readonly other: number;
}

export interface ArenaProblem {
  readonly blocks: readonly Block[];
  /** Block -> its conflicts. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  /**
   * Sets of blocks in use together, none part of another: all disjoint but for the overlap of one step. The arena holds
   * no less than the bytes of each.
   */
  readonly liveSets: readonly (readonly number[])[];
  /** By output block. A block is the output of one step at most. */
  readonly overlaps: ReadonlyMap<number, Overlap>;
}

/**
 * Finds the pairs in use together by one sweep over the positions: time and memory grow with their number. Blocks in use
 * together have no byte in common, those of an overlap excepted.
 */
export function arenaProblem(blocks: readonly Block[], allowed: readonly Overlap[] = []): ArenaProblem {
  const overlaps = new Map(allowed.map((overlap) => [overlap.output, overlap]));
  const forbidden = (from: number, to: number): ForbiddenInterval => ({
    low: overlaps.get(to)?.input === from ? -overlaps.get(to)!.lead : -blocks[to].bytes,
    high: overlaps.get(from)?.input === to ? overlaps.get(from)!.lead : blocks[from].bytes,
  });
  const neighbours: Neighbour[][] = blocks.map(() => []);
  const liveSets: number[][] = [];
  const byFirst = [...blocks.keys()].sort((a, b) => blocks[a].first - blocks[b].first || a - b);
  let live: number[] = [];
  for (const b of byFirst) {
    const stillLive = live.filter((a) => blocks[a].last >= blocks[b].first);
    if (stillLive.length < live.length) liveSets.push(live);
    for (const a of stillLive) {
      neighbours[b].push({ other: a, ...forbidden(a, b) });
      neighbours[a].push({ other: b, ...forbidden(b, a) });
    }
    live = [...stillLive, b];
  }
  if (live.length > 0) liveSets.push(live);
  return { blocks, neighbours, liveSets, overlaps };
}

/** The bytes that the blocks of a live set take, however they are placed. */
export function bytesOf(problem: ArenaProblem, set: readonly number[]): number {
  let sum = 0;
  for (const block of set) sum += problem.blocks[block].bytes;
  const overlap = overlapIn(problem, set);
  if (!overlap) return sum;
  const { input, output, lead } = overlap;
  return sum - overlapBytes(problem.blocks[input].bytes, problem.blocks[output].bytes, lead);
}

/** The overlap that a live set allows: at most one, for an input and its output are in use together at one position. */
export function overlapIn({ overlaps }: ArenaProblem, set: readonly number[]): Overlap | undefined {
  if (overlaps.size === 0) return undefined;
  for (const block of set) {
    const overlap = overlaps.get(block);
    if (overlap && set.includes(overlap.input)) return overlap;
  }
  return undefined;
}

/** Bytes that an input and an output can have in common when the output starts at least `lead` bytes before. */
export function overlapBytes(input: number, output: number, lead: number): number {
  return Math.max(0, input + output - Math.max(output, input + lead));
}

/** Bytes of the largest live set: no arena is smaller. */
export function largestLiveSet(problem: ArenaProblem): number {
  return problem.liveSets.reduce((largest, set) => Math.max(largest, bytesOf(problem, set)), 0);
}

/** End of the highest block. */
export function arenaBytes(problem: ArenaProblem, offsets: readonly number[]): number {
  return problem.blocks.reduce((end, { bytes }, block) => Math.max(end, offsets[block] + bytes), 0);
}
