import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type GridSampleF32Params } from "../../src/kernels/nn_grid_sample_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

const FAR = [Number.NaN, Infinity, -Infinity, 1e30, -1e9, 1e6, -5.5, 3, 1, -1, 0];

const samples: fc.Arbitrary<KernelCase<GridSampleF32Params>> = fc
  .record({
    batch: sizes(1, 2),
    channels: sizes(1, 3),
    axes: sizes(2, 3),
    depth: sizes(1, 2, 4),
    in_h: sizes(1, 2, 5),
    in_w: sizes(1, 3, 4),
    points: sizes(1, 5, 9),
    taps: sizes(1, 2, 4),
    padding: sizes(0, 1, 2),
    align_corners: sizes(0, 1),
    far: fc.boolean(),
    seed: seeds,
  })
  .map(({ depth, far, seed, ...size }) => {
    const params = { ...size, in_d: size.axes === 3 ? depth : 1 };
    const { batch, channels, in_d, in_h, in_w, points, axes } = params;
    const grid = floats(batch * points * axes, seed + 1);
    return {
      params,
      inputs: [
        floats(batch * channels * in_d * in_h * in_w, seed),
        far ? grid.map((_, i) => FAR[(i + seed) % FAR.length]) : grid,
      ],
      outputs: [{ type: "float32", count: batch * channels * points }],
    };
  });

/** Linear interpolation between zeros and the elements, in double precision: every element by its distance. */
function linear({ params: p, inputs: [input, grid] }: KernelCase<GridSampleF32Params>): number[] {
  const volume = p.in_d * p.in_h * p.in_w;
  const sizesOf = [p.in_w, p.in_h, p.in_d];
  return Array.from({ length: p.batch * p.channels * p.points }, (_, out) => {
    const point = out % p.points;
    const plane = Math.floor(out / p.points);
    const at = sizesOf.map((size, axis) => {
      if (axis >= p.axes) return 0;
      const n = Number(grid[(Math.floor(plane / p.channels) * p.points + point) * p.axes + axis]);
      return p.align_corners ? ((n + 1) / 2) * (size - 1) : ((n + 1) * size - 1) / 2;
    });
    let sum = 0;
    for (let i = 0; i < volume; i++) {
      const position = [i % p.in_w, Math.floor(i / p.in_w) % p.in_h, Math.floor(i / p.in_w / p.in_h)];
      const weight = position.reduce((w, x, axis) => w * Math.max(0, 1 - Math.abs(x - at[axis])), 1);
      sum += weight * Number(input[plane * volume + i]);
    }
    return sum;
  });
}

describe("nn_grid_sample_f32", () => {
  test("equals C, and linear interpolation among zeros", async () => {
    const cases = sample(samples, 150);
    const results = await expectTwinsAgree(kernel, cases);
    const usual = cases.flatMap((of, k) => {
      const { taps, padding } = of.params;
      const near = (of.inputs[1] as Float32Array).every((n) => Math.abs(n) < 3);
      return taps === 2 && padding === 0 && near ? [k] : [];
    });
    expect(usual.length).toBeGreaterThan(5);
    for (const k of usual) expectClose(results[k][0], linear(cases[k]), () => JSON.stringify(cases[k].params));
  });

  test("repeats the ends, reflects, and rounds half to even", async () => {
    const line = { batch: 1, channels: 1, in_d: 1, in_h: 1, in_w: 4, points: 6, axes: 2, taps: 1, align_corners: 1 };
    // Columns -2, 0.5, 1.5, 2.6, 4 and 7.
    const columns = [-2, 0.5, 1.5, 2.6, 4, 7].flatMap((x) => [(x / 3) * 2 - 1, 0]);
    const cases = [0, 1, 2].map((padding) => ({
      params: { ...line, padding },
      inputs: [Float32Array.of(10, 11, 12, 13), Float32Array.from(columns)],
      outputs: [{ type: "float32" as const, count: 6 }],
    }));
    const results = await expectTwinsAgree(kernel, cases);
    expect(results.map(([output]) => Array.from(output as Float32Array))).toEqual([
      [0, 10, 12, 13, 0, 0],
      [10, 10, 12, 13, 13, 13],
      [12, 10, 12, 13, 12, 11],
    ]);
  });
});
