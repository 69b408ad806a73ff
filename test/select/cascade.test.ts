import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Program } from "../../src/graph/program.js";
import { dataflow, kernelInPlace } from "../../src/plan/dataflow.js";
import { planMemory } from "../../src/plan/plan.js";
import { makeCascade, stepRows } from "../../src/select/cascade.js";
import { splitMeans } from "../../src/select/split_means.js";
import { randomChain, withMean } from "./chains.js";
import { differing } from "./native.js";

const ioBuffers = "arena";

/** The first steps of a program, by default all, as one cascade; undefined where they make none. */
function streamed(program: Program, band: number, count = program.steps.length): Program | undefined {
  const { readers } = dataflow(program, { ioBuffers, alignment: 16, inPlaceOf: kernelInPlace });
  const made = makeCascade(program, stepRows(program), readers, [...Array(count).keys()], band);
  return made && { ...program, steps: [made.step, ...program.steps.slice(count)] };
}

describe("makeCascade", () => {
  it("gives the bytes of the whole layers, whatever windows, strides, padding, dilation and residuals", async () => {
    const drawn = fc
      .sample(fc.tuple(randomChain, fc.integer({ min: 1, max: 3 })), { seed: 51, numRuns: 250 })
      .filter(([{ steps }]) => steps.length > 1);
    const programs = drawn.flatMap(([program, band]) => streamed(program, band) ?? []);
    expect(programs.length).toBeGreaterThan(60);
    const planned = programs.slice(0, 40).map((program) => ({ program, plan: planMemory(program, { ioBuffers }) }));
    // Some outputs lie over the input, or the test would not see whether they may.
    const overlapping = planned.filter(({ program, plan: { placements } }) => {
      const [from, to] = [placements[0], placements[program.outputs[0]]];
      if (from.region !== "arena" || to.region !== "arena") return false;
      return from.offset < to.offset + to.bytes && to.offset < from.offset + from.bytes;
    });
    expect(overlapping.length).toBeGreaterThan(10);
    expect(await differing(planned)).toEqual([]);
  }, 240_000);

  it("adds up the sums of a mean row by row, without the image before it", async () => {
    const drawn = fc.sample(fc.tuple(randomChain, fc.integer({ min: 1, max: 3 })), { seed: 52, numRuns: 120 });
    const programs = drawn.flatMap(([program, band]) => {
      const split = splitMeans(withMean(program));
      const last = split.steps.length - 1;
      return split.steps[last].kernel === "nn_mean_s8" ? [] : (streamed(split, band, last) ?? []);
    });
    expect(programs.length).toBeGreaterThan(30);
    const planned = programs.slice(0, 40).map((program) => ({ program, plan: planMemory(program, { ioBuffers }) }));
    expect(await differing(planned)).toEqual([]);
  }, 240_000);

  const conv = (inRows: number, outRows: number, kernel: number, stride: number, pad: number) => ({
    ...{ kernel: "nn_max_pool2d_s8", node: "", operator: "MaxPool", constants: {}, scratchBytes: 0, macs: 0 },
    params: {
      ...{ batch: 1, in_h: inRows, in_w: 4, channels: 2, out_h: outRows, out_w: 4, kernel_h: kernel, kernel_w: 1 },
      ...{ stride_h: stride, stride_w: 1, dilation_h: 1, dilation_w: 1, pad_top: pad, pad_left: 0 },
      ...{ out_min: -128, out_max: 127 },
    },
  });
  /** Pooling of 16 rows of 8 bytes to as many, and again to 8. */
  const pools: Program = {
    precision: "int8",
    tensors: [16, 16, 8].map((rows, id) => ({ id, name: `t${id}`, type: "int8", shape: [1, rows, 4, 2] })),
    constants: [],
    steps: [
      { ...conv(16, 16, 3, 1, 1), inputs: [0], outputs: [1] },
      { ...conv(16, 8, 3, 2, 1), inputs: [1], outputs: [2] },
    ],
    inputs: [0],
    outputs: [2],
  };

  it("keeps the rows that are still to be read, and no more", () => {
    const [{ cascade, scratchBytes }] = streamed(pools, 1)!.steps;
    expect(cascade!.stages.map(({ lines }) => lines?.rows)).toEqual([3, undefined]);
    expect(scratchBytes).toBe(3 * 8);
    // Row 0 of the output is written when rows 0 and 1 of the first pooling are there, whose next row reads row 1.
    expect(cascade).toMatchObject({ inPlace: true, lead: 0 });
    expect(cascade!.stages.map(({ calls }) => calls)).toEqual([8, 8]);
    const two = streamed(pools, 2)!.steps[0].cascade!;
    expect(two.stages[0].lines!.rows).toBe(5);
    expect(two.stages.map(({ calls }) => calls)).toEqual([4, 4]);
  });

  it("leaves alone what somebody else reads, and rows that do not fit", () => {
    expect(streamed({ ...pools, outputs: [2, 1] }, 1)).toBeUndefined();
    const [first, second] = pools.steps;
    const batch = { ...second, params: { ...second.params, batch: 2 } };
    expect(streamed({ ...pools, steps: [first, batch] }, 1)).toBeUndefined();
  });
});
