import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type Conv3dS8Params } from "../../src/kernels/nn_conv3d_s8.js";
import { int8s, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";
import {
  expectMostlyUnclamped,
  foldedConstants,
  type Layer,
  layerRange,
  layers,
  requantizeExact,
} from "./int8_layers.js";
import { inVolume, outVolume, spreadVolume, taps, volumes } from "./volume_cases.js";

interface Convolution extends KernelCase<Conv3dS8Params> {
  readonly layer: Layer;
}

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({
    batch: sizes(1, 1, 2),
    volume: volumes(true),
    groups: sizes(1, 1, 2),
    groupIn: sizes(1, 2, 3),
    groupOut: sizes(1, 2, 3),
    range: layerRange,
  })
  .chain(({ batch, volume, groups, groupIn, groupOut, range }) => {
    const params = { batch, in_c: groups * groupIn, out_c: groups * groupOut, groups, ...volume, ...range };
    const terms = groupIn * taps(params);
    return fc
      .tuple(int8s(batch * params.in_c * inVolume(params)), layers(params.out_c, terms))
      .map(([input, layer]) => ({
        params,
        inputs: [input],
        constants: foldedConstants(layer, params.in_zero_point, (i) => Math.floor(i / terms)),
        outputs: [{ type: "int8" as const, count: batch * params.out_c * outVolume(params) }],
        layer,
      }));
  });

describe("nn_conv3d_s8", () => {
  test("equals C and the real convolution", async () => {
    const cases = sample(convolutions, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params, inputs, layer }, k) => {
      const real = Array.from(inputs[0] as Int8Array, (q) => q - params.in_zero_point);
      const expected = spreadVolume(params, real, layer.weights, layer.bias).map((acc, i) => {
        const channel = Math.floor(i / outVolume(params)) % params.out_c;
        return requantizeExact(acc, layer.multiplier[channel], layer.shift[channel], params);
      });
      expect(results[k][0], JSON.stringify(params)).toEqual(Int8Array.from(expected));
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });
});
