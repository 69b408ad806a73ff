import { expect, test } from "vitest";
import kernel, { type DepthwiseConv2dS16Params } from "../../src/kernels/nn_depthwise_conv2d_s16.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { expectTwinsAgree } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized } from "./int8_layers.js";
import { type LayerCase, wideDepthwise } from "./s16_cases.js";

/** Real sums of the convolution with one group per input channel, padding being real zero. */
function realSums({ params: p, inputs, layer }: LayerCase<DepthwiseConv2dS16Params>): number[] {
  return spread(
    { ...p, groups: p.in_c },
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    Float32Array.from(inputs[0] as Int16Array),
    (oc, ky, kx) => layer.weights[(ky * p.kernel_w + kx) * p.out_c + oc],
    Float32Array.from(layer.bias),
  );
}

test("nn_depthwise_conv2d_s16 equals C and the real convolution, with results of one byte and of two", async () => {
  const cases = wideDepthwise(100);
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach((of, k) => {
    expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
  });
  expectMostlyUnclamped(
    results.map(([output]) => output),
    cases.map(({ params }) => params),
  );
  expect(cases.some(({ params }) => params.channel_multiplier > 1)).toBe(true);
});
