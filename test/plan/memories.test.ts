import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Program } from "../../src/graph/program.js";
import { arenaProblem, type Block } from "../../src/plan/conflicts.js";
import { type Memory, spreadBlocks } from "../../src/plan/memories.js";
import { type Plan, planMemory } from "../../src/plan/plan.js";
import { verifyPlan } from "../../src/plan/verify.js";
import { randomChain } from "../select/chains.js";

const memory = (index: number, bytes: number, waiting: number): Memory => ({
  index,
  name: `m${index}`,
  bytes,
  waiting,
});
const block = (bytes: number, first: number, last: number): Block => ({ bytes, first, last });

describe("spreadBlocks", () => {
  it("gives the fastest memory what is read and written most", () => {
    const problem = arenaProblem([block(64, 0, 3), block(64, 0, 3), block(64, 0, 3)]);
    const memories = [memory(0, 1000, 2), memory(3, 64, 0)];
    expect(spreadBlocks(problem, [100, 900, 500], memories, 16)).toMatchObject({
      parts: [
        { memory: 0, from: 0, bytes: 128 },
        { memory: 3, from: 128, bytes: 64 },
      ],
      offsets: [expect.any(Number), 128, expect.any(Number)],
    });
  });

  it("uses one memory where all fits in the fastest, and keeps the first without bytes", () => {
    const problem = arenaProblem([block(64, 0, 1), block(32, 1, 2)]);
    const { parts } = spreadBlocks(problem, [1, 1], [memory(0, 1000, 1), memory(1, 96, 0)], 16)!;
    expect(parts.map(({ memory: of, from, bytes }) => [of, from, bytes])).toEqual([
      [0, 0, 0],
      [1, 0, 96],
    ]);
  });

  it("says when a block fits no memory", () => {
    const problem = arenaProblem([block(64, 0, 1)]);
    expect(spreadBlocks(problem, [1], [memory(0, 48, 0), memory(1, 48, 0)], 16)).toBeUndefined();
  });
});

describe("planMemory in several memories", () => {
  const plan = (program: Program, memories?: Memory[]): Plan => planMemory(program, { ioBuffers: "arena", memories });

  it("is the plan of one memory where that has room", () => {
    for (const program of fc.sample(randomChain, { seed: 3, numRuns: 20 })) {
      const one = plan(program);
      expect(plan(program, [memory(0, one.arenaBytes, 0), memory(1, 2 ** 20, 0)])).toEqual(one);
    }
  });

  it("keeps every room, and every value", () => {
    let spread = 0;
    for (const program of fc.sample(randomChain, { seed: 4, numRuns: 150 })) {
      const one = plan(program);
      const half = Math.ceil(one.arenaBytes / 32) * 16;
      const memories = [memory(0, half, 1), memory(2, half + 16, 0), memory(3, half, 3)];
      // verifyPlan has run: no storage lies in two memories, no value is overwritten before it is read.
      const made = plan(program, memories);
      if (!made.parts) continue;
      spread++;
      for (const part of made.parts) {
        expect(part.bytes).toBeLessThanOrEqual(memories.find(({ index }) => index === part.memory)!.bytes);
      }
      expect(made.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(made.arenaBytes);
    }
    expect(spread).toBeGreaterThan(60);
  });

  it("a storage in two memories, and parts with a gap, are found", () => {
    const [program] = fc.sample(randomChain, { seed: 5, numRuns: 1 });
    const right = plan(program);
    const cut = (from: number): Plan => ({
      ...right,
      parts: [
        { memory: 0, name: "a", from: 0, bytes: 16 },
        { memory: 1, name: "b", from, bytes: right.arenaBytes - 16 },
      ],
    });
    expect(right.arenaBytes).toBeGreaterThan(32);
    expect(() => verifyPlan(program, cut(32))).toThrow(/does not start at 16/);
    expect(() => verifyPlan(program, cut(16))).toThrow(/in two memories/);
  });
});
