import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { greedyBySize } from "../../src/plan/arena.js";
import { arenaBytes, arenaProblem, largestLiveSet } from "../../src/plan/conflicts.js";
import { dataflow } from "../../src/plan/dataflow.js";
import { storagesOf } from "../../src/plan/liveness.js";
import { type PlanOptions, planMemory } from "../../src/plan/plan.js";
import { verifyPlan } from "../../src/plan/verify.js";
import { allOrders, peakOf } from "./brute_force.js";
import { runTagged } from "./interpreter.js";
import { chainWithSkips, randomProgram, type TestProgram, type TestStep, testProgram } from "./programs.js";

const plan = ({ program, inPlaceOf, leadOf }: TestProgram, ioBuffers: PlanOptions["ioBuffers"] = "arena") =>
  planMemory(program, { ioBuffers, inPlaceOf, leadOf });

/** Greedy by size on the given order, nothing in place: what TensorFlow Lite would need. */
function greedyArena(
  { program, inPlaceOf }: TestProgram,
  ioBuffers: PlanOptions["ioBuffers"],
  inPlace: boolean,
): number {
  const flow = dataflow(program, { ioBuffers, alignment: 16, inPlaceOf });
  const order = [...program.steps.keys()];
  const blocks = storagesOf(flow, order, inPlace).filter(({ bytes }) => bytes > 0);
  const scratch = order.map((step) => ({ bytes: flow.scratch[step], first: step, last: step }));
  const problem = arenaProblem([...blocks, ...scratch.filter(({ bytes }) => bytes > 0)]);
  return arenaBytes(problem, greedyBySize(problem, 16));
}

const step = (inputs: string, outputs: string, more: Partial<TestStep> = {}): TestStep => ({
  inputs: inputs.split(" "),
  outputs: outputs.split(" "),
  ...more,
});
const elementwise = { inPlace: [[0, 0]] as const };

describe("planMemory", () => {
  for (const ioBuffers of ["arena", "caller"] as const) {
    it(`keeps every value intact until its last use (${ioBuffers})`, () => {
      fc.assert(
        fc.property(randomProgram({ maxSteps: 20, maxUnits: 8, ioBuffers }), (test) => {
          const result = plan(test, ioBuffers);
          verifyPlan(test.program, result, test.inPlaceOf, test.leadOf);
          expect(runTagged(test.program, result, test.inPlaceOf, test.leadOf)).toBe(null);
          expect(result.arenaBytes).toBeGreaterThanOrEqual(result.lowerBound);
          if (result.optimal) expect(result.arenaBytes).toBe(result.lowerBound);
          expect(result.aliveAtPeak.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(result.lowerBound);
          const alive = result.liveBytes.reduce((a, b) => Math.max(a, b), 0);
          if (result.liveBytes[result.peakStep] !== undefined) expect(alive).toBe(result.lowerBound);
        }),
        { seed: 31, numRuns: 500 },
      );
    });

    it(`never needs more than greedy by size on the given order (${ioBuffers})`, () => {
      let smaller = 0;
      fc.assert(
        fc.property(randomProgram({ maxSteps: 30, maxUnits: 30, ioBuffers }), (test) => {
          const { arenaBytes } = plan(test, ioBuffers);
          const greedy = Math.min(greedyArena(test, ioBuffers, false), greedyArena(test, ioBuffers, true));
          expect(arenaBytes).toBeLessThanOrEqual(greedy);
          if (arenaBytes < greedy) smaller += 1;
        }),
        { seed: 32, numRuns: 300 },
      );
      expect(smaller).toBeGreaterThan(50);
    });
  }

  it("says optimal only where no order has a smaller live set, and nearly always for small graphs", () => {
    let optimal = 0;
    const runs = 500;
    fc.assert(
      fc.property(randomProgram({ maxSteps: 7, maxUnits: 6, ioBuffers: "arena" }), (test) => {
        const result = plan(test);
        const least = Math.min(...[...allOrders(test.program)].map((order) => peakOf(test, order)));
        expect(result.lowerBound).toBe(peakOf(test, result.steps));
        expect(result.arenaBytes).toBeGreaterThanOrEqual(least);
        expect(result.optimal).toBe(result.arenaBytes === least);
        if (result.optimal) optimal += 1;
      }),
      { seed: 33, numRuns: runs },
    );
    expect(optimal).toBeGreaterThan(0.98 * runs);
  });

  it("gives the same plan twice", () => {
    fc.assert(
      fc.property(randomProgram({ maxSteps: 20, maxUnits: 8, ioBuffers: "arena" }), (test) => {
        expect(plan(test)).toEqual(plan(test));
      }),
      { seed: 34, numRuns: 50 },
    );
  });

  it("plans a chain: two neighbours live at a time, elementwise steps in place, scratch beside them", () => {
    const test = testProgram(
      { x: 100, a: 400, b: 400, y: 40 },
      [step("x", "a", { scratch: 50 }), step("a", "b", elementwise), step("b", "y")],
      ["x"],
      ["y"],
    );
    const result = plan(test);
    expect(result.steps).toEqual([0, 1, 2]);
    expect(result.placements[1]).toEqual(result.placements[2]);
    expect(result).toMatchObject({
      arenaBytes: 112 + 400 + 64,
      lowerBound: 576,
      optimal: true,
      persistentBytes: 0,
      stateOffsets: [],
      peakStep: 0,
      liveBytes: [576, 400, 448],
    });
    expect(result.aliveAtPeak).toEqual([
      { tensor: 1, name: "a", bytes: 400 },
      { tensor: 0, name: "x", bytes: 112 },
      { tensor: null, name: "scratch of node 0", bytes: 64 },
    ]);
    expect(result.storages.map(({ tensors, first, last }) => ({ tensors, first, last }))).toEqual([
      { tensors: [0], first: -1, last: 0 },
      { tensors: [1, 2], first: 0, last: 2 },
      { tensors: [3], first: 2, last: 3 },
    ]);
  });

  it("keeps constants out of the arena and never works in place on them", () => {
    const test = testProgram(
      { x: 64, c: { bytes: 64, constant: 0 }, y: 64 },
      [step("c x", "y", elementwise)],
      ["x"],
      ["y"],
    );
    expect(plan(test).arenaBytes).toBe(128);
    expect(plan(test).aliveAtPeak.map(({ name }) => name)).toEqual(["x", "y"]);
  });

  it("lets an output overlap the input that dies, as far as its kernel leads, and an expanding one end with it", () => {
    const test = testProgram(
      { x: 160, a: 320, y: 96 },
      [step("x", "a", { lead: 160 }), step("a", "y", { lead: 20 })],
      ["x"],
      ["y"],
    );
    const result = plan(test);
    expect(result).toMatchObject({ arenaBytes: 352, lowerBound: 352, peakStep: 1 });
    expect(result.aliveAtPeak).toEqual([
      { tensor: 1, name: "a", bytes: 320 },
      { tensor: 2, name: "y", bytes: 32 },
    ]);
    expect(result.placements).toMatchObject([{ offset: 192 }, { offset: 32 }, { offset: 0 }]);
  });

  it("names the tensor that a storage holds at the peak", () => {
    const test = testProgram({ x: 64, a: 64, y: 512 }, [step("x", "a", elementwise), step("a", "y")], ["x"], ["y"]);
    expect(plan(test).aliveAtPeak.map(({ name }) => name)).toEqual(["y", "a"]);
  });

  it("lets a view share its root's bytes and keep them alive", () => {
    const test = testProgram(
      { x: 64, flat: { bytes: 64, viewOf: "x" }, a: 64, b: 64, y: 64 },
      [step("x", "a", elementwise), step("a", "b"), step("flat b", "y")],
      ["x"],
      ["y"],
    );
    const result = plan(test);
    expect(result.placements[1]).toEqual(result.placements[0]);
    // x must survive step 0 for its view, so a cannot take its bytes.
    expect(result.placements[2]).not.toEqual(result.placements[0]);
    expect(result.arenaBytes).toBe(3 * 64);
  });

  it("does not overwrite in place a graph output, an input read twice by the step, or one of another element size", () => {
    const twice = testProgram({ x: 64, y: 64 }, [step("x x", "y", elementwise)], ["x"], ["y"]);
    expect(plan(twice).arenaBytes).toBe(128);
    const kept = testProgram({ x: 64, y: 64 }, [step("x", "y", elementwise)], ["x"], ["x", "y"]);
    expect(plan(kept).arenaBytes).toBe(128);
    const wide = testProgram({ x: 64, y: { bytes: 64, type: "float32" } }, [step("x", "y", elementwise)], ["x"], ["y"]);
    expect(plan(wide).arenaBytes).toBe(128);
    const legal = testProgram({ x: 64, y: 64 }, [step("x", "y", elementwise)], ["x"], ["y"]);
    expect(plan(legal).arenaBytes).toBe(64);
  });

  it("shares the most bytes where the in-place pairs of a step exclude each other", () => {
    const inPlace = [
      [0, 0],
      [0, 1],
      [1, 0],
    ] as const;
    const test = testProgram({ x: 64, z: 64, a: 64, b: 64 }, [step("x z", "a b", { inPlace })], ["x", "z"], ["a", "b"]);
    expect(plan(test).arenaBytes).toBe(128);
  });

  it("keeps all inputs before the first step and all outputs after the last, used or not", () => {
    const test = testProgram(
      { x: 64, unused: 320, a: 64, early: 160, y: 64 },
      [step("x", "a early"), step("a", "y", elementwise)],
      ["x", "unused"],
      ["early", "y"],
    );
    const result = plan(test);
    expect(result.arenaBytes).toBe(64 + 320);
    expect(result.peakStep).toBe(-1);
    expect(result.aliveAtPeak.map(({ name }) => name)).toEqual(["unused", "x"]);
  });

  it("reads a graph output that is a view of a graph input from the input's bytes", () => {
    const test = testProgram(
      { x: 64, same: { bytes: 64, viewOf: "x" }, y: 64 },
      [step("x", "y", elementwise)],
      ["x"],
      ["same", "y"],
    );
    expect(plan(test).arenaBytes).toBe(128);
    expect(() => plan(test, "caller")).toThrow(/graph output 0 shares its bytes/);
  });

  it("needs no arena for what lies in the caller's buffers", () => {
    const test = testProgram(
      { x: 640, a: 64, logits: 32, y: 32, flat: { bytes: 32, viewOf: "y" } },
      [step("x", "a", elementwise), step("a", "logits"), step("logits", "y", elementwise)],
      ["x"],
      ["flat"],
    );
    const result = plan(test, "caller");
    expect(result.placements.map((place) => (place.region === "arena" ? place.offset : place.region))).toEqual([
      "input",
      0,
      "output",
      "output",
      "output",
    ]);
    expect(result.placements[4]).toEqual({ region: "output", index: 0, bytes: 32 });
    expect(result).toMatchObject({ arenaBytes: 64, lowerBound: 64, optimal: true });
    expect(runTagged(test.program, result, test.inPlaceOf, test.leadOf)).toBe(null);
  });

  it("does not build a value in the caller's output buffer that another step still reads", () => {
    const test = testProgram(
      { x: 64, a: 64, y: 64, z: 64 },
      [step("x", "a"), step("a", "y", elementwise), step("a", "z")],
      ["x"],
      ["y", "z"],
    );
    const result = plan(test, "caller");
    expect(result.placements[1]).toEqual({ region: "arena", offset: 0, bytes: 64 });
    expect(runTagged(test.program, result, test.inPlaceOf, test.leadOf)).toBe(null);
  });

  it("works through 3,000 steps with skips without any search", () => {
    const test = chainWithSkips(3000);
    const result = plan(test);
    expect(result.explored).toEqual({ orderStates: 0, placementNodes: 0 });
    expect(result.optimal).toBe(true);
    const flow = dataflow(test.program, { ioBuffers: "arena", alignment: 16, inPlaceOf: test.inPlaceOf });
    const problem = arenaProblem(storagesOf(flow, result.steps, true));
    // Work grows with the pairs in use together: a constant number per step.
    expect(problem.neighbours.reduce((sum, list) => sum + list.length, 0)).toBeLessThan(10 * 3000);
    expect(largestLiveSet(problem)).toBeLessThanOrEqual(result.lowerBound);
  });

  it("asks the kernel table what may be in place, unless told otherwise", () => {
    const { program } = testProgram({ x: 64, y: 64 }, [step("x", "y", elementwise)], ["x"], ["y"]);
    const convolution = { ...program, steps: [{ ...program.steps[0], kernel: "nn_conv2d_s8" }] };
    expect(planMemory(convolution, { ioBuffers: "arena" }).arenaBytes).toBe(128);
    expect(() => planMemory(program, { ioBuffers: "arena" })).toThrow(/no C function made_up_0/);
  });

  it("reports a malformed program as an internal error", () => {
    const twice = testProgram({ x: 16, y: 16 }, [step("x", "y"), step("x", "y")], ["x"], ["y"]);
    expect(() => plan(twice)).toThrow(/step 1 writes tensor 1, which is already written/);
    const early = testProgram({ x: 16, a: 16, y: 16 }, [step("a", "y"), step("x", "a")], ["x"], ["y"]);
    expect(() => plan(early)).toThrow(/step 0 reads tensor 1 before it is written/);
    const unwritten = testProgram({ x: 16, a: 16, y: 16 }, [step("x", "y")], ["x"], ["y"]);
    expect(() => plan(unwritten)).toThrow(/tensor 1 is never written/);
    const view = testProgram({ x: 16, v: { bytes: 32, viewOf: "x" }, y: 16 }, [step("v", "y")], ["x"], ["y"]);
    expect(() => plan(view)).toThrow(/tensor 1 is not as large as the tensor it views/);
  });
});
