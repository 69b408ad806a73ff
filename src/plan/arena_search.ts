/**
 * Exact search for offsets within a given capacity. Wherever an assignment exists, so does one in which no block can
 * move to a lower offset; there, taken by increasing offset, each block lies at the lowest offset that those before it
 * leave. So branching over which block comes next reaches one of them. That holds with overlaps too: a block that comes
 * later lies above the earlier ones, or above the start of an output that it is the input of, and both stay true when
 * the earlier block moves down.
 */
import { type ArenaProblem, overlapBytes, overlapIn } from "./conflicts.js";
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

  const overlapOf = liveSets.map((set) => overlapIn(problem, set));

  /**
   * Blocks still to be placed start no lower than `floor`, and above those of their set already placed; only an input may
   * start inside its output.
   */
  const setsFit = (floor: number) =>
    liveSets.every((set, index) => {
      const overlap = overlapOf[index];
      const inside = overlap && offsets[overlap.input] < 0 && offsets[overlap.output] >= 0 ? overlap : undefined;
      let top = floor;
      let bytes = 0;
      for (const block of set) {
        if (offsets[block] < 0) bytes += blocks[block].bytes;
        else if (block !== inside?.output) top = Math.max(top, offsets[block] + blocks[block].bytes);
      }
      if (bytes === 0) return true;
      if (inside) {
        const end = offsets[inside.output] + blocks[inside.output].bytes;
        const start = Math.max(top, offsets[inside.output] + inside.lead);
        bytes -= Math.min(blocks[inside.input].bytes, Math.max(0, end - start));
        top = Math.max(top, end);
      } else if (overlap && offsets[overlap.input] < 0) {
        bytes -= overlapBytes(blocks[overlap.input].bytes, blocks[overlap.output].bytes, overlap.lead);
      }
      return top + bytes <= capacity;
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
