/**
 * An arena over several memories of a board: every block lies in one of them, what is read and written most in the fastest
 * that has room. The offsets stay those of one arena, in which the memories follow one another.
 */
import { assignOffsets } from "./arena.js";
import { type ArenaProblem, arenaProblem } from "./conflicts.js";

/** Where a part of the arena may lie. */
export interface Memory {
  /** Of the region of the board. */
  readonly index: number;
  readonly name: string;
  /** For the arena. */
  readonly bytes: number;
  /** Extra clock cycles of an access, as they weigh behind a cache. */
  readonly waiting: number;
}

/** The part of the arena in one memory: bytes [from, from + bytes) of all. */
export interface ArenaPart {
  /** Index of the region of the board. */
  readonly memory: number;
  readonly name: string;
  readonly from: number;
  readonly bytes: number;
}

export interface Spread {
  /** Block -> offset. */
  readonly offsets: readonly number[];
  /** Those of the first memory first, and no others without bytes. */
  readonly parts: readonly ArenaPart[];
}

/** Nodes of the exact search while memories are filled. */
const QUICK = 200;

function only({ blocks, overlaps }: ArenaProblem, kept: readonly number[]): ArenaProblem {
  const at = new Map(kept.map((block, index) => [block, index]));
  const both = [...overlaps.values()].flatMap(({ input, output, lead }) =>
    at.has(input) && at.has(output) ? [{ input: at.get(input)!, output: at.get(output)!, lead }] : [],
  );
  return arenaProblem(
    kept.map((block) => blocks[block]),
    both,
  );
}

/**
 * Fills the memories from the fastest on, each with the blocks of most traffic per byte that fit in together. Undefined where
 * blocks are left over.
 * @param traffic block -> bytes that are read and written
 */
export function spreadBlocks(
  problem: ArenaProblem,
  traffic: readonly number[],
  memories: readonly Memory[],
  alignment: number,
): Spread | undefined {
  const density = (block: number) => traffic[block] / problem.blocks[block].bytes;
  const fastest = [...memories.keys()].sort((a, b) => memories[a].waiting - memories[b].waiting || a - b);
  let left = [...problem.blocks.keys()].sort((a, b) => density(b) - density(a) || a - b);
  const held = new Map<number, readonly number[]>();
  for (const memory of fastest) {
    const room = memories[memory].bytes;
    const fits = (blocks: readonly number[], nodes: number) =>
      assignOffsets(only(problem, blocks), alignment, nodes).bytes <= room;
    const taken: number[] = [];
    if (fits(left, QUICK)) taken.push(...left);
    else for (const block of left) if (fits([...taken, block], QUICK)) taken.push(block);
    held.set(memory, taken);
    left = left.filter((block) => !taken.includes(block));
  }
  if (left.length > 0) return undefined;
  const offsets = new Array<number>(problem.blocks.length).fill(0);
  const parts: ArenaPart[] = [];
  let from = 0;
  for (const [memory, { name, index }] of memories.entries()) {
    const blocks = held.get(memory)!;
    const assigned = assignOffsets(only(problem, blocks), alignment);
    const bytes = blocks.length > 0 ? assigned.bytes : 0;
    if (bytes === 0 && memory > 0) continue;
    blocks.forEach((block, at) => {
      offsets[block] = from + assigned.offsets[at];
    });
    parts.push({ memory: index, name, from, bytes });
    from += bytes;
  }
  return { offsets, parts };
}
