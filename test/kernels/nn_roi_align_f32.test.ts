import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type RoiAlignF32Params } from "../../src/kernels/nn_roi_align_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

const alignments: fc.Arbitrary<KernelCase<RoiAlignF32Params>> = fc
  .record({
    batch: sizes(1, 2),
    channels: sizes(1, 2),
    in_h: sizes(1, 4, 7),
    in_w: sizes(1, 5, 8),
    out_h: sizes(1, 2, 3),
    out_w: sizes(1, 2),
    sampling_ratio: sizes(0, 1, 2),
    half_pixel: sizes(0, 1),
    maximum: sizes(0, 1),
    spatial_scale: fc.constantFrom(1, 0.5),
    seed: seeds,
  })
  .map(({ seed, ...size }) => {
    const rois = [0, 0, 4, 3, -2, 1, 9, 2.5, 3, 3, 3, 3, 5, 4, 1, 1, 0, 0, 1, Number.NaN];
    const jitter = floats(rois.length, seed + 1);
    return {
      params: { rois: 5, ...size },
      inputs: [
        floats(size.batch * size.channels * size.in_h * size.in_w, seed),
        Float32Array.from(rois, (x, i) => x + jitter[i] / 4),
        BigInt64Array.of(0n, BigInt(size.batch - 1), 0n, 0n, BigInt(size.batch) * BigInt(seed % 2)),
      ],
      outputs: [{ type: "float32", count: 5 * size.channels * size.out_h * size.out_w }],
    };
  });

describe("nn_roi_align_f32", () => {
  test("equals C", async () => {
    await expectTwinsAgree(kernel, sample(alignments, 100));
  });

  test("means and maxima of the samples; zeros for an unknown image", async () => {
    const params = {
      ...{ rois: 2, batch: 1, channels: 1, in_h: 4, in_w: 4, out_h: 2, out_w: 2, sampling_ratio: 1 },
      ...{ half_pixel: 0, maximum: 0, spatial_scale: 1 },
    };
    // The samples lie at 0.5 and 1.5 downwards, at 0.75 and 2.25 to the right.
    const inputs = [
      Float32Array.from({ length: 16 }, (_, i) => i),
      Float32Array.of(0, 0, 3, 2, 0, 0, 3, 2),
      BigInt64Array.of(0n, 1n),
    ];
    const outputs = [{ type: "float32" as const, count: 8 }];
    const cases = [0, 1].map((maximum) => ({ params: { ...params, maximum }, inputs, outputs }));
    const [[mean], [largest]] = await expectTwinsAgree(kernel, cases);
    expect(Array.from(mean as Float32Array)).toEqual([2.75, 4.25, 6.75, 8.25, 0, 0, 0, 0]);
    // Weights 3/8 and 1/8 by columns: 5 * 3/8, 6 * 3/8, 9 * 3/8, 10 * 3/8.
    expect(Array.from(largest as Float32Array)).toEqual([1.875, 2.25, 3.375, 3.75, 0, 0, 0, 0]);
  });
});
