import { describe, expect, it } from "vitest";
import { planMemory } from "../../src/plan/plan.js";
import { memoryMap, planSummary } from "../../src/plan/report.js";
import { testProgram } from "./programs.js";

const { program, inPlaceOf } = testProgram(
  { x: 100, "a\nb": 1400, c: 1400, y: 40 },
  [
    { inputs: ["x"], outputs: ["a\nb"], scratch: 50 },
    { inputs: ["a\nb"], outputs: ["c"], inPlace: [[0, 0]] },
    { inputs: ["c"], outputs: ["y"] },
  ],
  ["x"],
  ["y"],
);

describe("planSummary", () => {
  it("states peak, bound, proof and who is alive, and keeps names to one line", () => {
    const plan = planMemory(program, { ioBuffers: "arena", inPlaceOf });
    expect(planSummary(program, plan)).toBe(
      [
        "arena 1,584 bytes, lower bound 1,584 bytes: optimal",
        "  the arena is no larger than what every order of the steps needs at once",
        "alive at the peak, step 0, MadeUp node 0:",
        "  1,408  a?b",
        "    112  x",
        "     64  scratch of node 0",
      ].join("\n"),
    );
  });

  it("names nobody where the arena is empty", () => {
    const { program, inPlaceOf } = testProgram({ x: 8, y: 8 }, [{ inputs: ["x"], outputs: ["y"] }], ["x"], ["y"]);
    const plan = planMemory(program, { ioBuffers: "caller", inPlaceOf });
    expect(planSummary(program, plan)).toMatch(/^arena 0 bytes, lower bound 0 bytes: optimal\n.*$/);
  });
});

describe("memoryMap", () => {
  it("has a line per step", () => {
    const plan = planMemory(program, { ioBuffers: "caller", inPlaceOf });
    expect(memoryMap(program, plan)).toBe(
      [
        "step  operator  kernel     in use  reads     writes     scratch     node",
        "   0  MadeUp    made_up_0   1,472  input[0]  0..1400    1408..1458  node 0",
        "   1  MadeUp    made_up_1   1,408  0..1400   0..1400    -           node 1",
        "   2  MadeUp    made_up_2   1,408  0..1400   output[0]  -           node 2",
      ].join("\n"),
    );
  });
});
