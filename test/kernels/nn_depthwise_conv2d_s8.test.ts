import { describe, expect, test } from "vitest";
import kernel, { type DepthwiseConv2dS8Params } from "../../src/kernels/nn_depthwise_conv2d_s8.js";
import { sample } from "./arbitraries.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { type Convolution, convolution, convolutions } from "./depthwise_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized, type Layer } from "./int8_layers.js";

/** Real sums of the convolution with one group per input channel, padding being real zero. */
function realSums({ params: p, inputs, layer }: Convolution): number[] {
  return spread(
    { ...p, groups: p.in_c },
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    Float32Array.from(inputs[0] as Int8Array, (q) => q - p.in_zero_point),
    (oc, ky, kx) => layer.weights[(ky * p.kernel_w + kx) * p.out_c + oc],
    Float32Array.from(layer.bias),
  );
}

const ONE_PIXEL: DepthwiseConv2dS8Params = {
  batch: 1,
  in_h: 1,
  in_w: 1,
  in_c: 2,
  out_h: 1,
  out_w: 1,
  out_c: 4,
  kernel_h: 1,
  kernel_w: 1,
  stride_h: 1,
  stride_w: 1,
  dilation_h: 1,
  dilation_w: 1,
  pad_top: 0,
  pad_left: 0,
  channel_multiplier: 2,
  in_zero_point: 1,
  out_zero_point: -2,
  out_min: -128,
  out_max: 127,
};

/** Multiplier 1 for four channels. */
const layer: Layer = {
  weights: Int8Array.of(1, 2, 3, 4),
  bias: Int32Array.of(10, 20, 30, 40),
  multiplier: new Int32Array(4).fill(2 ** 30),
  shift: new Uint8Array(4).fill(30),
};

describe("nn_depthwise_conv2d_s8", () => {
  test("output channel c reads input channel c / channel_multiplier", () => {
    const [output] = runTypeScript(kernel, convolution(ONE_PIXEL, Int8Array.of(6, -9), layer));
    expect(output).toEqual(Int8Array.of(10 + 5 - 2, 20 + 10 - 2, 30 - 30 - 2, 40 - 40 - 2));
  });

  test("equals C and the real convolution", async () => {
    const cases = sample(convolutions(), 100);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });

  test("takes windows that lie in the padding altogether", async () => {
    const padded = { ...ONE_PIXEL, pad_top: 2, pad_left: 1, out_h: 4, out_w: 3 };
    const cases = [padded, { ...padded, in_c: 4, channel_multiplier: 1 }].map((params) =>
      convolution(params, Int8Array.of(6, -9, 5, 4).slice(0, params.in_c), layer),
    );
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), layer, of.params, `case ${k}`);
      expect(results[k][0].slice(0, 4)).toEqual(Int8Array.of(8, 18, 28, 38));
    });
  });
});
