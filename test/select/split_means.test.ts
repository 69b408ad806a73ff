import fc from "fast-check";
import { expect, it } from "vitest";
import type { Program } from "../../src/graph/program.js";
import { joinMeans, splitMeans } from "../../src/select/split_means.js";
import { randomChain, withMean } from "./chains.js";
import { hostOutputs } from "./native.js";

const programs = fc.sample(randomChain, { seed: 7, numRuns: 40 }).map(withMean);
const kernels = ({ steps }: Program) => steps.map(({ kernel }) => kernel);

it("gives the results of the mean", () => {
  let split = 0;
  for (const program of programs) {
    const made = splitMeans(program);
    // An image of one row has no rows to add up.
    if (program.tensors[program.steps.at(-1)!.inputs[0]].shape[1] === 1) {
      expect(made).toBe(program);
      continue;
    }
    split++;
    expect(kernels(made).slice(-2)).toEqual(["nn_sum_rows_s8", "nn_requantize_s32_s8"]);
    expect(hostOutputs(made)).toEqual(hostOutputs(program));
  }
  expect(split).toBeGreaterThan(15);
});

it("is undone by joinMeans", () => {
  for (const program of programs) expect(joinMeans(splitMeans(program))).toEqual(program);
});
