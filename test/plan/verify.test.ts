import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Placement, type Plan, planMemory } from "../../src/plan/plan.js";
import { verifyPlan } from "../../src/plan/verify.js";
import { runTagged } from "./interpreter.js";
import { randomProgram, testProgram } from "./programs.js";

const chain = testProgram(
  { x: 64, a: 64, b: 64, y: 64, flat: { bytes: 64, viewOf: "y" } },
  [
    { inputs: ["x"], outputs: ["a"], scratch: 32 },
    { inputs: ["a"], outputs: ["b"], inPlace: [[0, 0]] },
    { inputs: ["b", "x"], outputs: ["y"] },
  ],
  ["x"],
  ["flat"],
);
const right = planMemory(chain.program, { ioBuffers: "arena", inPlaceOf: chain.inPlaceOf });
const caller = planMemory(chain.program, { ioBuffers: "caller", inPlaceOf: chain.inPlaceOf });

const at = (offset: number): Placement => ({ region: "arena", offset, bytes: 64 });
const moved = (plan: Plan, changes: Readonly<Record<number, Placement>>): Plan => ({
  ...plan,
  placements: plan.placements.map((place, id) => changes[id] ?? place),
});
const verify = (plan: Plan) => verifyPlan(chain.program, plan, chain.inPlaceOf);

describe("verifyPlan", () => {
  it("accepts what the planner makes", () => {
    expect(() => verify(right)).not.toThrow();
    expect(() => verify(caller)).not.toThrow();
  });

  it.each<[string, Plan, RegExp]>([
    ["a write over a value still to be read", moved(right, { 1: right.placements[0] }), /step 0 writes tensor 1 over/],
    [
      "a step written over its input",
      moved(right, { 3: right.placements[2], 4: right.placements[2] }),
      /step 2 writes/,
    ],
    ["half an overlap in place", moved(right, { 1: at(64), 2: at(80) }), /step 1 writes tensor 2 over tensor 1/],
    ["a misaligned tensor", moved(right, { 1: at(72), 2: at(72) }), /tensor 1 is not aligned/],
    ["a tensor outside the arena", moved(right, { 1: at(1024), 2: at(1024) }), /tensor 1 ends outside the arena/],
    ["a view elsewhere than its root", moved(right, { 4: at(0), 3: at(128) }), /tensor 4 does not lie where/],
    ["a size that is not the tensor's", moved(right, { 1: { ...at(64), bytes: 32 } }), /tensor 1 has 64 bytes/],
    ["an arena of odd size", { ...right, arenaBytes: right.arenaBytes + 1 }, /no multiple of 16/],
    ["a step left out", { ...right, steps: [0, 1] }, /every step exactly once/],
    ["a step run twice", { ...right, steps: [0, 1, 1] }, /every step exactly once/],
    ["a read before the write", { ...right, steps: [1, 0, 2] }, /step 1 reads tensor 1, which holds no value/],
    ["scratch over an input", { ...right, scratch: [offsetOf(right, 0), null, null] }, /scratch of step 0 lies over/],
    ["scratch over an output", { ...right, scratch: [offsetOf(right, 1), null, null] }, /scratch of step 0 lies over/],
    ["scratch left out", { ...right, scratch: [null, null, null] }, /step 0 has scratch without need, or none/],
    ["scratch outside the arena", { ...right, scratch: [1024, null, null] }, /scratch of step 0 ends outside/],
    ["the caller's input in the arena", moved(caller, { 0: at(0) }), /graph input 0 lies in the wrong buffer/],
    ["the caller's output in the arena", moved(caller, { 3: at(0), 4: at(0) }), /graph output 0 lies in the wrong/],
    ["a write to the caller's input", moved(caller, { 1: { region: "input", index: 0, bytes: 64 } }), /step 0 writes/],
    [
      "a caller's buffer that does not exist",
      moved(caller, { 1: { region: "output", index: 5, bytes: 64 } }),
      /tensor 1 does not fit/,
    ],
    [
      "a caller's buffer in an arena plan",
      moved(right, { 1: { region: "output", index: 0, bytes: 64 } }),
      /tensor 1 does not fit/,
    ],
    [
      "a computed tensor in flash",
      moved(caller, { 1: { region: "constant", index: 0, bytes: 64 } }),
      /tensor 1 lies in flash/,
    ],
  ])("refuses %s", (_, plan, message) => {
    expect(() => verify(plan)).toThrow(message);
  });

  it("refuses a constant anywhere but in its own place in flash", () => {
    const { program, inPlaceOf } = testProgram(
      { x: 64, c: { bytes: 64, constant: 3 }, y: 64 },
      [{ inputs: ["x", "c"], outputs: ["y"] }],
      ["x"],
      ["y"],
    );
    const plan = planMemory(program, { ioBuffers: "arena", inPlaceOf });
    expect(plan.placements[1]).toEqual({ region: "constant", index: 3, bytes: 64 });
    for (const wrong of [at(0), { region: "constant", index: 2, bytes: 64 } as const])
      expect(() => verifyPlan(program, moved(plan, { 1: wrong }), inPlaceOf)).toThrow(/tensor 1 is a constant/);
  });

  it("refuses sharing that the kernel does not allow", () => {
    expect(right.placements[1]).toEqual(right.placements[2]);
    expect(() => verifyPlan(chain.program, right, () => [])).toThrow(/step 1 writes tensor 2 over tensor 1/);
  });

  it("refuses an output nearer to the input it overlaps than its kernel leads", () => {
    const { program, inPlaceOf, leadOf } = testProgram(
      { x: 128, y: 128 },
      [{ inputs: ["x"], outputs: ["y"], lead: 30 }],
      ["x"],
      ["y"],
    );
    const plan = planMemory(program, { ioBuffers: "arena", inPlaceOf, leadOf });
    expect(plan.arenaBytes).toBe(160);
    const near: Placement = { region: "arena", offset: 16, bytes: 128 };
    expect(() => verifyPlan(program, moved(plan, { 0: near }), inPlaceOf, leadOf)).toThrow(/writes tensor 1 over/);
    expect(() => verifyPlan(program, plan, inPlaceOf, () => undefined)).toThrow(/writes tensor 1 over tensor 0/);
  });

  it("judges tampered plans as running them does", () => {
    let refused = 0;
    let harmless = 0;
    const tampering = fc.record({ tensor: fc.nat(), offset: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(randomProgram({ maxSteps: 8, maxUnits: 6, ioBuffers: "arena" }), tampering, (test, change) => {
        const { inPlaceOf, leadOf } = test;
        const plan = planMemory(test.program, { ioBuffers: "arena", inPlaceOf, leadOf });
        const target = change.tensor % plan.placements.length;
        const root = (id: number) => test.program.tensors[id].viewOf ?? id;
        const tampered: Plan = {
          ...plan,
          arenaBytes: plan.arenaBytes + 1024,
          placements: plan.placements.map((place, id) =>
            root(id) === root(target) && place.region === "arena" ? { ...place, offset: change.offset * 16 } : place,
          ),
        };
        const damage = runTagged(test.program, tampered, inPlaceOf, leadOf);
        let refusal: string | null = null;
        try {
          verifyPlan(test.program, tampered, inPlaceOf, leadOf);
        } catch (error) {
          refusal = (error as Error).message;
        }
        // Not the reverse: the interpreter lets a kernel work in place on elements of different sizes.
        if (damage !== null) expect(refusal).not.toBe(null);
        if (damage !== null) refused += 1;
        if (refusal === null) harmless += 1;
      }),
      { seed: 41, numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(harmless).toBeGreaterThan(50);
  });
});

function offsetOf(plan: Plan, id: number): number {
  const place = plan.placements[id];
  return place.region === "arena" ? place.offset : Number.NaN;
}
