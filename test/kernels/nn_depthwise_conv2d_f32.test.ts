import fc from "fast-check";
import { describe, test } from "vitest";
import kernel, { type DepthwiseConv2dF32Params } from "../../src/kernels/nn_depthwise_conv2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { axes, clamp, clamps, expectClose, floats, permuted, seeds, windowParams, windows } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

const convolutions = fc
  .record({
    batch: sizes(1, 1, 2),
    h: axes,
    w: axes,
    in_c: sizes(1, 2, 3, 5, 7, 15, 16, 17),
    channel_multiplier: sizes(1, 1, 1, 2, 3),
    clamps,
    seed: seeds,
  })
  .map(({ batch, h, w, in_c, channel_multiplier, clamps, seed }) => {
    const out_c = in_c * channel_multiplier;
    const size = { batch, in_c, out_c, out_h: windows(h), out_w: windows(w), channel_multiplier };
    const params = { ...windowParams(h, w), ...size, ...clamps };
    const constants = { weights: floats(h.kernel * w.kernel * out_c, seed + 1), bias: floats(out_c, seed + 2) };
    const inputs = [floats(batch * h.size * w.size * in_c, seed)];
    const outputs = [{ type: "float32" as const, count: batch * size.out_h * size.out_w * out_c }];
    return { h, w, of: { params, inputs, constants, outputs } };
  });

function oracle({ params: p, inputs, constants }: KernelCase<DepthwiseConv2dF32Params>): number[] {
  const weights = constants?.weights as Float32Array;
  return spread(
    { ...p, groups: p.in_c },
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    inputs[0] as Float32Array,
    (oc, ky, kx) => weights[(ky * p.kernel_w + kx) * p.out_c + oc],
    constants?.bias as Float32Array,
  ).map((x) => clamp(x, p));
}

describe("nn_depthwise_conv2d_f32", () => {
  test("equals C in every bit and the convolution in double precision closely", async () => {
    const cases = sample(convolutions, 80).map(({ of }) => of);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectClose(results[k][0], oracle(of), () => JSON.stringify(of.params));
    });
  });

  test("agrees with onnxruntime", async () => {
    for (const { h, w, of } of sample(convolutions, 20)) {
      const { params: p, constants } = of;
      const y = await runOnnx(
        "Conv",
        [
          {
            shape: [p.batch, p.in_c, h.size, w.size],
            data: permuted(of.inputs[0], [p.batch, h.size, w.size, p.in_c], [0, 3, 1, 2]),
          },
          {
            shape: [p.out_c, 1, h.kernel, w.kernel],
            data: permuted(constants.weights, [h.kernel, w.kernel, p.out_c], [2, 0, 1]),
          },
          { shape: [p.out_c], data: constants.bias },
        ],
        {
          group: p.in_c,
          strides: [h.stride, w.stride],
          dilations: [h.dilation, w.dilation],
          pads: [h.begin, w.begin, h.end, w.end],
        },
      );
      const expected = permuted(y.data, y.shape, [0, 2, 3, 1]).map((x) => clamp(x, p));
      expectClose(runTypeScript(kernel, of)[0], expected, () => JSON.stringify(p));
    }
  });
});
