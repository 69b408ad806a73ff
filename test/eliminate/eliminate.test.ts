import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eliminateChannels } from "../../src/eliminate/eliminate.js";
import { channelFlows } from "../../src/eliminate/flows.js";
import { channelRanges } from "../../src/eliminate/ranges.js";
import { elementCount } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { loadProgram, storeProgram } from "../../src/host/store.js";
import { planMemory } from "../../src/plan/plan.js";
import { randomFrom } from "../mutation/random.js";
import { inputRows, randomProgram, STEP_KINDS, type StepKind } from "./random_programs.js";

const kindLists = fc.array(fc.constantFrom(...STEP_KINDS), { minLength: 1, maxLength: 8 });

/** Expects the outputs to stay, and gives what was eliminated. */
function eliminated(seed: number, kinds: readonly StepKind[]) {
  const random = randomFrom(seed);
  const program = randomProgram(random, kinds);
  const result = eliminateChannels(program);
  planMemory(result.program, { ioBuffers: "arena" });
  const [before, after] = [hostProgram(program), hostProgram(loadProgram(storeProgram(result.program)))];
  for (const row of inputRows(random, elementCount(program.tensors[program.inputs[0]].shape))) {
    const expected = runRow(before, program, [row]);
    expect(runRow(after, result.program, [row]), `seed ${seed}, ${kinds}`).toEqual(expected);
  }
  return { program, layers: result.layers };
}

describe("programs without the channels that cannot change an output", () => {
  test("give the same outputs", () => {
    fc.assert(
      fc.property(fc.integer(), kindLists, (seed, kinds) => {
        eliminated(seed, kinds);
      }),
      { numRuns: 600 },
    );
  });

  test.each(STEP_KINDS)("lose channels in the middle of %s", (kind) => {
    let narrowed = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { program, layers } = eliminated(seed, ["pointwise", kind, "pointwise"]);
      const [first, step] = program.steps;
      if (layers.some(({ node, channels }) => node === step.node && channels.after > 0)) narrowed++;
      expect(first.kernel).toBe("nn_conv2d_s8");
    }
    // Every result of Softmax depends on all channels.
    if (kind === "softmax") expect(narrowed).toBe(0);
    else expect(narrowed).toBeGreaterThan(5);
  });
});

describe("channel ranges", () => {
  test("hold every value that is computed, and constants are met", () => {
    let constants = 0;
    fc.assert(
      fc.property(fc.integer(), kindLists, (seed, kinds) => {
        const random = randomFrom(seed);
        const program = randomProgram(random, kinds);
        const flows = channelFlows(program);
        const ranges = channelRanges(flows);
        const host = hostProgram(program);
        for (const row of inputRows(random, elementCount(program.tensors[program.inputs[0]].shape))) {
          runRow(host, program, [row]);
          for (const [root, { min, max }] of ranges) {
            (host.buffer(root) as Int8Array).forEach((value, i) => {
              const channel = i % min.length;
              if (value < min[channel] || value > max[channel]) expect.fail(`${value} of tensor ${root}`);
              if (min[channel] === max[channel]) constants++;
            });
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(constants).toBeGreaterThan(1000);
  });
});
