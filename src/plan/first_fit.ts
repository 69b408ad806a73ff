/** Places blocks of an arena one after the other, each as low as those before it allow. */
import type { ArenaProblem } from "./conflicts.js";
import { alignUp } from "./dataflow.js";

/** Block -> offset, when they are placed in the given order. */
export function firstFit(problem: ArenaProblem, order: readonly number[], alignment: number): number[] {
  const offsets = new Array<number>(problem.blocks.length).fill(-1);
  for (const block of order) offsets[block] = lowestOffset(problem, block, offsets, alignment);
  return offsets;
}

/**
 * The lowest offset of a block that no placed neighbour forbids.
 * @param offsets block -> offset, negative for blocks not placed yet.
 */
export function lowestOffset(
  problem: ArenaProblem,
  block: number,
  offsets: readonly number[],
  alignment: number,
): number {
  const forbidden: { from: number; to: number }[] = [];
  for (const { other, low, high } of problem.neighbours[block])
    if (offsets[other] >= 0) forbidden.push({ from: offsets[other] + low, to: offsets[other] + high });
  forbidden.sort((a, b) => a.from - b.from);
  let offset = 0;
  for (const { from, to } of forbidden) {
    if (offset <= from) break;
    if (offset < to) offset = alignUp(to, alignment);
  }
  return offset;
}
