/** Improves a greedy assignment by changing the order in which its blocks are placed. */
import { type ArenaProblem, arenaBytes } from "./conflicts.js";
import { firstFit } from "./first_fit.js";

const MAX_ROUNDS = 200;
/** Rounds times conflicts: keeps large problems quick. */
const MAX_CONFLICTS = 500_000;

/**
 * Offsets that are no worse than those of `order`: round by round, the block that ends highest is placed before one of
 * the neighbours that pushed it up, in turn the first, the second ... of them.
 * @param target stop at an arena of this many bytes.
 */
export function refineOffsets(
  problem: ArenaProblem,
  order: readonly number[],
  alignment: number,
  target: number,
): { readonly offsets: readonly number[]; readonly bytes: number } {
  const conflicts = problem.neighbours.reduce((sum, list) => sum + list.length, 1);
  const rounds = Math.min(MAX_ROUNDS, Math.ceil(MAX_CONFLICTS / conflicts));
  const sequence = [...order];
  let offsets = firstFit(problem, sequence, alignment);
  let bytes = arenaBytes(problem, offsets);
  let best = { offsets, bytes };
  for (let round = 0; round < rounds && best.bytes > target; round++) {
    const at = sequence.findIndex((block) => offsets[block] + problem.blocks[block].bytes === bytes);
    const neighbours = new Set(problem.neighbours[sequence[at]].map(({ other }) => other));
    const earlier = [...sequence.keys()].filter((i) => i < at && neighbours.has(sequence[i]));
    if (earlier.length === 0) break;
    const [highest] = sequence.splice(at, 1);
    sequence.splice(earlier[round % earlier.length], 0, highest);
    offsets = firstFit(problem, sequence, alignment);
    bytes = arenaBytes(problem, offsets);
    if (bytes < best.bytes) best = { offsets, bytes };
  }
  return best;
}
