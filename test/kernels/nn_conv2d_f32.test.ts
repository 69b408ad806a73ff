import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type Conv2dF32Params } from "../../src/kernels/nn_conv2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import {
  type Axis,
  axes,
  clamp,
  clamps,
  expectClose,
  floats,
  permuted,
  seeds,
  windowParams,
  windows,
} from "./float_cases.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

interface Conv {
  readonly h: Axis;
  readonly w: Axis;
  readonly of: KernelCase<Conv2dF32Params>;
}

const convolutions: fc.Arbitrary<Conv> = fc
  .record({
    batch: sizes(1, 1, 2),
    h: axes,
    w: axes,
    groups: sizes(1, 1, 1, 2, 3),
    groupIn: sizes(1, 2, 3, 4, 5, 7, 15, 16, 17),
    groupOut: sizes(1, 2, 3, 4, 5, 7, 8),
    clamps,
    seed: seeds,
  })
  .map(({ batch, h, w, groups, groupIn, groupOut, clamps, seed }) => {
    const in_c = groups * groupIn;
    const out_c = groups * groupOut;
    const size = { batch, in_c, out_c, out_h: windows(h), out_w: windows(w), groups };
    const params = { ...windowParams(h, w), ...size, ...clamps };
    const constants = {
      weights: floats(out_c * h.kernel * w.kernel * groupIn, seed + 1),
      bias: floats(out_c, seed + 2),
    };
    const inputs = [floats(batch * h.size * w.size * in_c, seed)];
    const outputs = [{ type: "float32" as const, count: batch * size.out_h * size.out_w * out_c }];
    return { h, w, of: { params, inputs, constants, outputs } };
  });

function oracle({ params: p, inputs, constants }: KernelCase<Conv2dF32Params>): number[] {
  const groupIn = p.in_c / p.groups;
  const weights = constants?.weights as Float32Array;
  return spread(
    p,
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    inputs[0] as Float32Array,
    (oc, ky, kx, ic) => weights[((oc * p.kernel_h + ky) * p.kernel_w + kx) * groupIn + ic],
    constants?.bias as Float32Array,
  ).map((x) => clamp(x, p));
}

describe("nn_conv2d_f32", () => {
  test("computes a small convolution", () => {
    const axis = { size: 3, kernel: 2, stride: 1, dilation: 1, begin: 1, end: 0 };
    const size = { batch: 1, in_c: 1, out_c: 1, out_h: 3, out_w: 3, groups: 1 };
    const params = { ...windowParams(axis, axis), ...size, out_min: -Infinity, out_max: Infinity };
    const constants = { weights: Float32Array.of(1, 10, 100, 1000), bias: Float32Array.of(0.5) };
    const inputs = [Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)];
    const [output] = runTypeScript(kernel, { params, inputs, constants, outputs: [{ type: "float32", count: 9 }] });
    expect(Array.from(output as Float32Array)).toEqual([
      1000.5, 2100.5, 3200.5, 4010.5, 5421.5, 6532.5, 7040.5, 8754.5, 9865.5,
    ]);
  });

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
            data: permuted(of.inputs[0] as Float32Array, [p.batch, h.size, w.size, p.in_c], [0, 3, 1, 2]),
          },
          {
            shape: [p.out_c, p.in_c / p.groups, h.kernel, w.kernel],
            data: permuted(
              constants?.weights as Float32Array,
              [p.out_c, h.kernel, w.kernel, p.in_c / p.groups],
              [0, 3, 1, 2],
            ),
          },
          { shape: [p.out_c], data: constants?.bias as Float32Array },
        ],
        {
          group: p.groups,
          strides: [h.stride, w.stride],
          dilations: [h.dilation, w.dilation],
          pads: [h.begin, w.begin, h.end, w.end],
        },
      );
      expect(y.shape).toEqual([p.batch, p.out_c, p.out_h, p.out_w]);
      const expected = permuted(y.data, y.shape, [0, 2, 3, 1]).map((x) => clamp(x, p));
      expectClose(runTypeScript(kernel, of)[0], expected, () => JSON.stringify(p));
    }
  });
});
