import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type ConvTranspose2dF32Params } from "../../src/kernels/nn_conv_transpose2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { spread, transposedLanding } from "./convolution_oracle.js";
import { clamp, clamps, expectClose, floats, permuted, seeds, windowParams } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

/** Axes with at least one output pixel; `extra` is the attribute output_padding, less than the stride. */
const axes = fc
  .record({
    size: sizes(1, 2, 3, 5),
    kernel: sizes(1, 2, 3, 4, 5),
    stride: sizes(1, 2, 2, 3),
    dilation: sizes(1, 1, 1, 2, 3),
    begin: sizes(0, 0, 1, 2),
    end: sizes(0, 1, 1, 3),
    extra: sizes(0, 0, 1),
  })
  .map((axis) => ({
    ...axis,
    out: (axis.size - 1) * axis.stride + axis.dilation * (axis.kernel - 1) + 1 - axis.begin - axis.end + axis.extra,
  }))
  .filter(({ out, extra, stride }) => out >= 1 && extra < stride);

const convolutions = fc
  .record({
    batch: sizes(1, 1, 2),
    h: axes,
    w: axes,
    groups: sizes(1, 1, 2, 3),
    groupIn: sizes(1, 2, 3, 5, 7, 17),
    groupOut: sizes(1, 2, 3, 5),
    clamps,
    seed: seeds,
  })
  .map(({ batch, h, w, groups, groupIn, groupOut, clamps, seed }) => {
    const in_c = groups * groupIn;
    const out_c = groups * groupOut;
    const params = { ...windowParams(h, w), batch, in_c, out_c, out_h: h.out, out_w: w.out, groups, ...clamps };
    const constants = {
      weights: floats(out_c * h.kernel * w.kernel * groupIn, seed + 1),
      bias: floats(out_c, seed + 2),
    };
    const inputs = [floats(batch * h.size * w.size * in_c, seed)];
    const outputs = [{ type: "float32" as const, count: batch * h.out * w.out * out_c }];
    return { h, w, of: { params, inputs, constants, outputs } };
  });

function oracle({ params: p, inputs, constants }: KernelCase<ConvTranspose2dF32Params>): number[] {
  const groupIn = p.in_c / p.groups;
  const weights = constants?.weights as Float32Array;
  return spread(
    p,
    transposedLanding(p.stride_h, p.dilation_h, p.pad_top),
    transposedLanding(p.stride_w, p.dilation_w, p.pad_left),
    inputs[0] as Float32Array,
    (oc, ky, kx, ic) => weights[((oc * p.kernel_h + ky) * p.kernel_w + kx) * groupIn + ic],
    constants?.bias as Float32Array,
  ).map((x) => clamp(x, p));
}

/** [out_c][kernel_h][kernel_w][in_c / groups] to ONNX's [in_c][out_c / groups][kernel_h][kernel_w]. */
function onnxWeights(weights: Float32Array, p: ConvTranspose2dF32Params): Float32Array {
  const [groupIn, groupOut] = [p.in_c / p.groups, p.out_c / p.groups];
  return permuted(weights, [p.groups, groupOut, p.kernel_h, p.kernel_w, groupIn], [0, 4, 1, 2, 3]);
}

describe("nn_conv_transpose2d_f32", () => {
  test("equals C in every bit and the transposed convolution in double precision closely", async () => {
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
        "ConvTranspose",
        [
          {
            shape: [p.batch, p.in_c, h.size, w.size],
            data: permuted(of.inputs[0], [p.batch, h.size, w.size, p.in_c], [0, 3, 1, 2]),
          },
          { shape: [p.in_c, p.out_c / p.groups, h.kernel, w.kernel], data: onnxWeights(constants.weights, p) },
          { shape: [p.out_c], data: constants.bias },
        ],
        {
          group: p.groups,
          strides: [h.stride, w.stride],
          dilations: [h.dilation, w.dilation],
          pads: [h.begin, w.begin, h.end, w.end],
          output_padding: [h.extra, w.extra],
        },
      );
      expect(y.shape).toEqual([p.batch, p.out_c, p.out_h, p.out_w]);
      const expected = permuted(y.data, y.shape, [0, 2, 3, 1]).map((x) => clamp(x, p));
      expectClose(runTypeScript(kernel, of)[0], expected, () => JSON.stringify(p));
    }
  });
});
