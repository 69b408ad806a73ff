/**
 * Exact search for offsets within a given capacity. Wherever an assignment exists, so does one in which no block can
 * move to a lower offset; there, taken by increasing offset, each block lies at the lowest offset that those before it
 * leave. So branching over which block comes next reaches one of them.
 */
import type { ArenaProblem } from "./conflicts.js";
import { lowestOffset } from "./first_fit.js";

export interface OffsetSearch {
  readonly offsets: readonly number[] | null;
  /** False if the search gave up: then no offsets prove nothing. */
  readonly finished: boolean;
  readonly nodes: number;
}

/** Offsets with which every block ends at `capacity` or below. */
export function searchOffsets(
  problem: ArenaProblem,
  capacity: number,
  alignment: number,
  maxNodes: number,
): OffsetSearch {
  const { blocks, liveSets } = problem;
  const offsets = new Array<number>(blocks.length).fill(-1);
  let nodes = 0;

  /** Disjoint blocks still to be placed start no lower than `floor`, and above those of their set already placed. */
  const setsFit = (floor: number) =>
    liveSets.every((set) => {
      let top = floor;
      let bytes = 0;
      for (const block of set) {
        if (offsets[block] < 0) bytes += blocks[block].bytes;
        else top = Math.max(top, offsets[block] + blocks[block].bytes);
      }
      return bytes === 0 || top + bytes <= capacity;
    });

  /** The blocks that may come next after block `last` at offset `floor`; none if the rest cannot be placed. */
  const choices = (floor: number, last: number): { block: number; offset: number }[] => {
    const result = [];
    for (let block = 0; block < blocks.length; block++) {
      if (offsets[block] >= 0) continue;
      const offset = lowestOffset(problem, block, offsets, alignment);
      const end = offset + blocks[block].bytes;
      // A block that fits below the floor could move there from any higher offset.
      if (end <= floor || Math.max(floor, offset) + blocks[block].bytes > capacity) return [];
      if (offset > floor || (offset === floor && block > last)) result.push({ block, offset });
    }
    return result.sort((a, b) => a.offset - b.offset || blocks[b.block].bytes - blocks[a.block].bytes);
  };

  const place = (left: number, floor: number, last: number): boolean => {
    if (left === 0) return true;
    if (++nodes > maxNodes || !setsFit(floor)) return false;
    for (const { block, offset } of choices(floor, last)) {
      offsets[block] = offset;
      if (place(left - 1, offset, block)) return true;
      offsets[block] = -1;
      if (nodes > maxNodes) return false;
    }
    return false;
  };

  const found = place(blocks.length, 0, -1);
  return { offsets: found ? offsets : null, finished: nodes <= maxNodes, nodes: Math.min(nodes, maxNodes) };
}
