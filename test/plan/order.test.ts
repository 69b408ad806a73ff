import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dataflow, dataflow } from "../../src/plan/dataflow.js";
import { orderBytes, peakBytes } from "../../src/plan/live_bytes.js";
import { chooseOrder } from "../../src/plan/order.js";
import { segments, unavoidableBytes } from "../../src/plan/segments.js";
import { allOrders, peakOf } from "./brute_force.js";
import { chainWithSkips, randomProgram, type TestProgram, testProgram } from "./programs.js";

const flowOf = ({ program, inPlaceOf, leadOf }: TestProgram): Dataflow =>
  dataflow(program, { ioBuffers: "arena", alignment: 16, inPlaceOf, leadOf });
const given = (test: TestProgram) => [...test.program.steps.keys()];

/** Two branches that shrink a large value: one after the other is cheaper than side by side. */
const branches = testProgram(
  { x: 160, a1: 640, b1: 640, a2: 16, b2: 16, y: 32 },
  [
    { inputs: ["x"], outputs: ["a1"] },
    { inputs: ["x"], outputs: ["b1"] },
    { inputs: ["a1"], outputs: ["a2"] },
    { inputs: ["b1"], outputs: ["b2"] },
    { inputs: ["a2", "b2"], outputs: ["y"] },
  ],
  ["x"],
  ["y"],
);

/** `count` branches of two steps each, all starting at x and ending in one step. */
function fan(count: number): TestProgram {
  const names = Array.from({ length: count }, (_, i) => i);
  return testProgram(
    Object.fromEntries([
      ["x", 160],
      ...names.flatMap((i) => [
        [`a${i}`, 160 + 16 * ((i * 5) % 7)],
        [`b${i}`, 16 + 16 * ((i * 3) % 5)],
      ]),
      ["y", 32],
    ]),
    [
      ...names.map((i) => ({ inputs: ["x"], outputs: [`a${i}`] })),
      ...names.map((i) => ({ inputs: [`a${i}`], outputs: [`b${i}`] })),
      { inputs: names.map((i) => `b${i}`), outputs: ["y"] },
    ],
    ["x"],
    ["y"],
  );
}

describe("chooseOrder", () => {
  it("finishes one branch before it starts the next", () => {
    const order = chooseOrder(flowOf(branches));
    expect(order.steps).toEqual([0, 2, 1, 3, 4]);
    expect(order.peak).toBe(160 + 640 + 16);
    expect(peakBytes(flowOf(branches), given(branches))).toBe(160 + 640 + 640);
    expect(order.bound).toBe(order.peak);
  });

  it("keeps the given order where no other has a smaller peak", () => {
    const chain = chainWithSkips(60);
    expect(chooseOrder(flowOf(chain)).steps).toEqual(given(chain));
  });

  it("proves the minimum that trying every order finds", () => {
    let searched = 0;
    let improved = 0;
    fc.assert(
      fc.property(randomProgram({ maxSteps: 7, maxUnits: 6, ioBuffers: "arena" }), (test) => {
        const order = chooseOrder(flowOf(test));
        const peaks = [...allOrders(test.program)].map((steps) => peakOf(test, steps));
        expect(order.bound).toBe(Math.min(...peaks));
        expect(order.peak).toBe(order.bound);
        expect(peakOf(test, order.steps)).toBe(order.peak);
        if (order.states > 0) searched += 1;
        if (order.peak < peakOf(test, given(test))) improved += 1;
      }),
      { seed: 11, numRuns: 500 },
    );
    // The property means something only if the search had work to do.
    expect(searched).toBeGreaterThan(50);
    expect(improved).toBeGreaterThan(50);
  });

  it("agrees with the definition about the bytes of any order", () => {
    fc.assert(
      fc.property(randomProgram({ maxSteps: 7, maxUnits: 6, ioBuffers: "arena" }), fc.nat(), (test, n) => {
        const orders = [...allOrders(test.program)];
        const order = orders[n % orders.length];
        expect(peakBytes(flowOf(test), order)).toBe(peakOf(test, order));
      }),
      { seed: 12, numRuns: 500 },
    );
  });

  it("is never worse than the given order, and honest about its bound, when the search may visit few states", () => {
    let unproved = 0;
    fc.assert(
      fc.property(
        randomProgram({ maxSteps: 8, maxUnits: 6, ioBuffers: "arena" }),
        fc.nat({ max: 6 }),
        (test, limit) => {
          const flow = flowOf(test);
          const exact = chooseOrder(flow);
          const order = chooseOrder(flow, limit);
          expect(order.states).toBeLessThanOrEqual(limit + test.program.steps.length);
          expect(peakBytes(flow, order.steps)).toBe(order.peak);
          expect(order.peak).toBeLessThanOrEqual(peakBytes(flow, given(test)));
          expect(order.bound).toBeLessThanOrEqual(exact.peak);
          expect(order.peak).toBeGreaterThanOrEqual(exact.peak);
          if (order.bound < order.peak) unproved += 1;
        },
      ),
      { seed: 13, numRuns: 500 },
    );
    expect(unproved).toBeGreaterThan(20);
  });

  it("searches wide graphs within its number of states and improves them anyway", () => {
    const wide = fan(40);
    const flow = flowOf(wide);
    const order = chooseOrder(flow, 2000);
    expect(order.states).toBeLessThanOrEqual(2000 + wide.program.steps.length);
    expect(order.peak).toBe(peakBytes(flow, order.steps));
    expect(order.peak).toBeLessThan(peakBytes(flow, given(wide)) / 2);
    expect(order.bound).toBeLessThanOrEqual(order.peak);
  });

  it("proves a fan of nine branches, whose steps have 18! / 2^9 orders", () => {
    const order = chooseOrder(flowOf(fan(9)));
    expect(order.bound).toBe(order.peak);
    expect(order.states).toBeGreaterThan(0);
    expect(order.states).toBeLessThan(20_000);
  });
});

describe("segments", () => {
  it("cuts after every step that is comparable with all others", () => {
    expect(segments(flowOf(branches)).map(({ first, end }) => [first, end])).toEqual([[0, 5]]);
    const residual = testProgram(
      { x: 64, a: 64, b: 64, c: 64, d: 64, y: 64 },
      [
        { inputs: ["x"], outputs: ["a"] },
        { inputs: ["a"], outputs: ["b"] },
        { inputs: ["a"], outputs: ["c"] },
        { inputs: ["b", "c"], outputs: ["d"] },
        { inputs: ["d", "a"], outputs: ["y"] },
      ],
      ["x"],
      ["y"],
    );
    expect(segments(flowOf(residual)).map(({ first, end }) => [first, end])).toEqual([
      [0, 1],
      [1, 4],
      [4, 5],
    ]);
  });

  it("every order passes every cut, with the bytes stated", () => {
    let cuts = 0;
    fc.assert(
      fc.property(randomProgram({ maxSteps: 6, maxUnits: 6, ioBuffers: "arena" }), (test) => {
        const flow = flowOf(test);
        const parts = segments(flow);
        const bound = unavoidableBytes(flow, parts);
        if (parts.length > 1) cuts += 1;
        for (const order of allOrders(test.program)) {
          const bytes = orderBytes(flow, order);
          for (const { first, end, live } of parts) {
            const inside = order.slice(first, end);
            expect([...inside].sort((a, b) => a - b)).toEqual(given(test).slice(first, end));
            if (first > 0) expect(bytes[first - 1].after).toBe(live);
          }
          expect(peakOf(test, order)).toBeGreaterThanOrEqual(bound);
        }
      }),
      { seed: 14, numRuns: 500 },
    );
    expect(cuts).toBeGreaterThan(100);
  });
});
