import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type Conv3dF32Params } from "../../src/kernels/nn_conv3d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { clamp, clamps, expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";
import { inVolume, outVolume, spreadVolume, taps, volumes } from "./volume_cases.js";

const convolutions: fc.Arbitrary<KernelCase<Conv3dF32Params>> = fc
  .record({
    batch: sizes(1, 1, 2),
    volume: volumes(true),
    groups: sizes(1, 1, 2),
    groupIn: sizes(1, 2, 3),
    groupOut: sizes(1, 2, 3),
    clamps,
    seed: seeds,
  })
  .map(({ batch, volume, groups, groupIn, groupOut, clamps, seed }) => {
    const params = { batch, in_c: groups * groupIn, out_c: groups * groupOut, groups, ...volume, ...clamps };
    return {
      params,
      inputs: [floats(batch * params.in_c * inVolume(params), seed)],
      constants: {
        weights: floats(params.out_c * groupIn * taps(params), seed + 1),
        bias: floats(params.out_c, seed + 2),
      },
      outputs: [{ type: "float32", count: batch * params.out_c * outVolume(params) }],
    };
  });

describe("nn_conv3d_f32", () => {
  test("equals C in every bit and the convolution in double precision closely", async () => {
    const cases = sample(convolutions, 80);
    expect(cases.some(({ params }) => params.step_w > 1 && params.groups > 1)).toBe(true);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params, inputs, constants }, k) => {
      const [weights, bias] = [constants!.weights as Float32Array, constants!.bias as Float32Array];
      const expected = spreadVolume(params, inputs[0] as Float32Array, weights, bias).map((x) => clamp(x, params));
      expectClose(results[k][0], expected, () => JSON.stringify(params));
    });
  });
});
