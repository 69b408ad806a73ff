import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignOffsets, greedyBySize } from "../../src/plan/arena.js";
import { searchOffsets } from "../../src/plan/arena_search.js";
import {
  type ArenaProblem,
  arenaBytes,
  arenaProblem,
  type Block,
  largestLiveSet,
  type Overlap,
} from "../../src/plan/conflicts.js";
import { firstFit } from "../../src/plan/first_fit.js";
import { smallestArena } from "./brute_force.js";

/** Blocks of 1 to 4 units of 16 bytes over a few positions. */
const randomBlocks = (count: number, positions: number, units = 4): fc.Arbitrary<Block[]> =>
  fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: units }), fc.nat({ max: positions }), fc.nat({ max: positions }))
      .map(([size, a, b]) => ({ bytes: 16 * size, first: Math.min(a, b), last: Math.max(a, b) })),
    { minLength: 1, maxLength: count },
  );

/** Blocks that fill 7 units at every position, each living on with probability 1/2: hard to place without a gap. */
const tightBlocks: fc.Arbitrary<Block[]> = fc
  .array(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()), { minLength: 7, maxLength: 7 }), {
    minLength: 3,
    maxLength: 7,
  })
  .map((positions) => {
    const blocks: { bytes: number; first: number; last: number }[] = [];
    let live: typeof blocks = [];
    positions.forEach((draws, position) => {
      live = live.filter((_, i) => draws[i][1]);
      for (const block of live) block.last = position;
      let free = 7 - live.reduce((sum, { bytes }) => sum + bytes / 16, 0);
      for (const [units] of draws) {
        if (free === 0) break;
        const block = { bytes: 16 * Math.min(units, free), first: position, last: position };
        free -= block.bytes / 16;
        live.push(block);
        blocks.push(block);
      }
    });
    return blocks;
  });

/** One output at every position may overlap an input that ends there. */
function overlapsOf(blocks: readonly Block[], draw: number): Overlap[] {
  const overlaps = new Map<number, Overlap>();
  for (const [output, { first, bytes }] of blocks.entries()) {
    const input = blocks.findIndex((block) => block.last === first && block.first < first);
    const lead = 16 * (1 + ((draw + output) % 3));
    if (input >= 0 && lead < bytes && !overlaps.has(first)) overlaps.set(first, { input, output, lead });
  }
  return [...overlaps.values()];
}

/** All conflicts hold, and offsets are aligned and not negative. */
function expectValid({ neighbours }: ArenaProblem, offsets: readonly number[]) {
  for (const [block, offset] of offsets.entries()) {
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset % 16).toBe(0);
    for (const { other, low, high } of neighbours[block]) {
      const difference = offset - offsets[other];
      expect(difference <= low || difference >= high).toBe(true);
    }
  }
}

/** At most 7 units live at once, yet 8 are needed (found by random search, confirmed by trying every offset). */
const gap: Block[] = (
  [
    [3, 0, 0],
    [3, 0, 1],
    [2, 1, 3],
    [2, 1, 2],
    [2, 2, 3],
    [3, 3, 5],
    [3, 5, 5],
  ] as const
).map(([units, first, last]) => ({ bytes: 16 * units, first, last }));

describe("assignOffsets", () => {
  for (const [kind, arbitrary] of [
    ["random", randomBlocks(8, 7)],
    ["tight", tightBlocks],
  ] as const)
    it(`finds the smallest arena of small ${kind} instances, and knows that it did`, () => {
      fc.assert(
        fc.property(arbitrary, (blocks) => {
          const problem = arenaProblem(blocks);
          const result = assignOffsets(problem, 16);
          expectValid(problem, result.offsets);
          expect(arenaBytes(problem, result.offsets)).toBe(result.bytes);
          expect(result.bytes).toBe(smallestArena(blocks, 16));
          expect(result.bound).toBe(result.bytes);
        }),
        { seed: 21, numRuns: 300 },
      );
    });

  it("finds the smallest arena where outputs may overlap inputs, and knows that it did", () => {
    let smaller = 0;
    fc.assert(
      fc.property(fc.oneof(randomBlocks(7, 5, 5), tightBlocks), fc.nat({ max: 9 }), (blocks, draw) => {
        const overlaps = overlapsOf(blocks, draw);
        const problem = arenaProblem(blocks, overlaps);
        const result = assignOffsets(problem, 16);
        expectValid(problem, result.offsets);
        const smallest = smallestArena(blocks, 16, overlaps);
        expect(result).toMatchObject({ bytes: smallest, bound: smallest });
        expect(largestLiveSet(problem)).toBeLessThanOrEqual(smallest);
        if (smallest < largestLiveSet(arenaProblem(blocks))) smaller += 1;
      }),
      { seed: 25, numRuns: 300 },
    );
    expect(smaller).toBeGreaterThan(30);
  });

  it("proves that the largest live set is out of reach where it is", () => {
    expect(largestLiveSet(arenaProblem(gap))).toBe(7 * 16);
    expect(smallestArena(gap, 16)).toBe(8 * 16);
    const result = assignOffsets(arenaProblem(gap), 16);
    expect(result).toMatchObject({ bytes: 8 * 16, bound: 8 * 16 });
    expect(result.nodes).toBeGreaterThan(0);
    const stopped = assignOffsets(arenaProblem(gap), 16, 10);
    expect(stopped).toMatchObject({ bytes: 8 * 16, bound: 7 * 16, nodes: 10 });
  });

  it("is never worse than greedy by size, mostly better, and usually meets the largest live set", () => {
    const runs = 30;
    let better = 0;
    let met = 0;
    const blocks = fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 39 }), fc.nat({ max: 9 }))
        .map(([units, first, length]) => ({ bytes: 16 * units, first, last: first + length })),
      { minLength: 30, maxLength: 80 },
    );
    fc.assert(
      fc.property(blocks, (drawn) => {
        const problem = arenaProblem(drawn);
        const result = assignOffsets(problem, 16, 500);
        const greedy = arenaBytes(problem, greedyBySize(problem, 16));
        expectValid(problem, result.offsets);
        expect(result.bytes).toBeLessThanOrEqual(greedy);
        expect(result.bytes).toBeGreaterThanOrEqual(result.bound);
        expect(result.bound).toBeGreaterThanOrEqual(largestLiveSet(problem));
        expect(result.nodes).toBeLessThanOrEqual(500);
        if (result.bytes < greedy) better += 1;
        if (result.bytes === largestLiveSet(problem)) met += 1;
      }),
      { seed: 22, numRuns: runs },
    );
    expect(better).toBeGreaterThan(0.5 * runs);
    expect(met).toBeGreaterThan(0.5 * runs);
  });

  it("gives no blocks an empty arena", () => {
    expect(assignOffsets(arenaProblem([]), 16)).toEqual({ offsets: [], bytes: 0, bound: 0, nodes: 0 });
  });
});

describe("searchOffsets", () => {
  it("decides every capacity as trying every offset does", () => {
    fc.assert(
      fc.property(tightBlocks, (blocks) => {
        const problem = arenaProblem(blocks);
        const smallest = smallestArena(blocks, 16);
        const found = searchOffsets(problem, smallest, 16, 100_000);
        expect(found.finished).toBe(true);
        expectValid(problem, found.offsets!);
        expect(arenaBytes(problem, found.offsets!)).toBeLessThanOrEqual(smallest);
        expect(searchOffsets(problem, smallest - 16, 16, 100_000)).toMatchObject({ offsets: null, finished: true });
      }),
      { seed: 23, numRuns: 300 },
    );
  });

  it("says so when it gives up", () => {
    expect(searchOffsets(arenaProblem(gap), 1024, 16, 3)).toEqual({ offsets: null, finished: false, nodes: 3 });
  });
});

describe("conflicts", () => {
  it("finds exactly the pairs that are in use together", () => {
    fc.assert(
      fc.property(randomBlocks(12, 9), (blocks) => {
        const { neighbours, liveSets } = arenaProblem(blocks);
        for (const [a, block] of blocks.entries()) {
          const expected = [...blocks.keys()].filter(
            (b) => b !== a && block.first <= blocks[b].last && blocks[b].first <= block.last,
          );
          expect(neighbours[a].map(({ other }) => other).sort((x, y) => x - y)).toEqual(expected);
        }
        const largest = Array.from({ length: 10 }, (_, position) =>
          blocks.filter(({ first, last }) => first <= position && position <= last).reduce((s, b) => s + b.bytes, 0),
        );
        expect(largestLiveSet(arenaProblem(blocks))).toBe(Math.max(...largest));
        for (const set of liveSets)
          for (const other of liveSets)
            expect(set !== other && set.every((block) => other.includes(block))).toBe(false);
      }),
      { seed: 24, numRuns: 300 },
    );
  });

  it("takes partial overlaps as data: an output may start 32 bytes below the input that it replaces", () => {
    const blocks: Block[] = [
      { bytes: 128, first: 0, last: 1 },
      { bytes: 96, first: 1, last: 2 },
    ];
    const problem = arenaProblem(blocks, [{ input: 0, output: 1, lead: 32 }]);
    expect(largestLiveSet(problem)).toBe(160);
    const offsets = firstFit(problem, [1, 0], 16);
    expect(offsets).toEqual([32, 0]);
    expect(arenaBytes(problem, offsets)).toBe(160);
    const exact = searchOffsets(problem, 160, 16, 100);
    expect(exact.offsets).toEqual([32, 0]);
    expect(searchOffsets(problem, 144, 16, 100)).toMatchObject({ offsets: null, finished: true });
  });
});
