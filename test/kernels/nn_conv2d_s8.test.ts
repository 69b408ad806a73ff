import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type Conv2dS8Params } from "../../src/kernels/nn_conv2d_s8.js";
import { int8s, sample, sizes } from "./arbitraries.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { axes, windowParams, windows } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import {
  expectMostlyUnclamped,
  expectRequantized,
  foldedConstants,
  type Layer,
  layerRange,
  layers,
} from "./int8_layers.js";

interface Convolution extends KernelCase<Conv2dS8Params> {
  readonly layer: Layer;
}

/** Dense convolutions with awkward channel counts, and grouped ones. */
const channels = fc.oneof(
  fc.record({ groups: fc.constant(1), groupIn: sizes(1, 3, 4, 5, 7, 15, 16, 17), groupOut: sizes(1, 2, 3, 4, 5, 7) }),
  fc.record({ groups: sizes(2, 3, 5), groupIn: sizes(1, 2, 3, 5), groupOut: sizes(1, 2, 3) }),
);

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({ batch: sizes(1, 1, 2), h: axes, w: axes, channels, range: layerRange })
  .chain(({ batch, h, w, channels: { groups, groupIn, groupOut }, range }) => {
    const terms = h.kernel * w.kernel * groupIn;
    const params = {
      batch,
      ...windowParams(h, w),
      in_c: groups * groupIn,
      out_h: windows(h),
      out_w: windows(w),
      out_c: groups * groupOut,
      groups,
      ...range,
    };
    return fc
      .tuple(int8s(batch * h.size * w.size * params.in_c), layers(params.out_c, terms))
      .map(([input, layer]) => convolution(params, input, layer));
  });

function convolution(params: Conv2dS8Params, input: Int8Array, layer: Layer): Convolution {
  const terms = layer.weights.length / params.out_c;
  const count = params.batch * params.out_h * params.out_w * params.out_c;
  return {
    params,
    inputs: [input],
    constants: foldedConstants(layer, params.in_zero_point, (i) => Math.floor(i / terms)),
    outputs: [{ type: "int8", count }],
    layer,
  };
}

/** Real sums, padding being real zero. */
function realSums({ params: p, inputs, layer }: Convolution): number[] {
  const groupIn = p.in_c / p.groups;
  return spread(
    p,
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    Float32Array.from(inputs[0] as Int8Array, (q) => q - p.in_zero_point),
    (oc, ky, kx, ic) => layer.weights[((oc * p.kernel_h + ky) * p.kernel_w + kx) * groupIn + ic],
    Float32Array.from(layer.bias),
  );
}

const ONE_PIXEL: Conv2dS8Params = {
  batch: 1,
  in_h: 1,
  in_w: 1,
  in_c: 2,
  out_h: 1,
  out_w: 1,
  out_c: 1,
  kernel_h: 1,
  kernel_w: 1,
  stride_h: 1,
  stride_w: 1,
  dilation_h: 1,
  dilation_w: 1,
  pad_top: 0,
  pad_left: 0,
  groups: 1,
  in_zero_point: -1,
  out_zero_point: 3,
  out_min: -128,
  out_max: 127,
};

/** Multiplier 1/2. */
const halving = (weights: Int8Array, bias: number): Layer => ({
  weights,
  bias: Int32Array.of(bias),
  multiplier: Int32Array.of(2 ** 30),
  shift: Uint8Array.of(31),
});

describe("nn_conv2d_s8", () => {
  test("sums, requantises half up and clamps", () => {
    const layer = halving(Int8Array.of(5, -6), 7);
    // (2 + 1) * 5 + (3 + 1) * -6 + 7 = -2; one less gives -1.5, which rounds to -1
    const run = (bias: number, out_max = 127) =>
      runTypeScript(
        kernel,
        convolution({ ...ONE_PIXEL, out_max }, Int8Array.of(2, 3), { ...layer, bias: Int32Array.of(bias) }),
      );
    expect(run(7)).toEqual([Int8Array.of(2)]);
    expect(run(6)).toEqual([Int8Array.of(2)]);
    expect(run(5)).toEqual([Int8Array.of(1)]);
    expect(run(7, 0)).toEqual([Int8Array.of(0)]);
  });

  test("equals C and the real convolution", async () => {
    const cases = sample(convolutions, 80);
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
    const layer = halving(Int8Array.of(100, 50), 12);
    const paddings = [
      { pad_top: 2, pad_left: 1, out_h: 4, out_w: 5 },
      { pad_top: 0, pad_left: 1, out_h: 1, out_w: 2 },
      { pad_top: 1, pad_left: 0, out_h: 2, out_w: 1 },
      { pad_top: 0, pad_left: 0, out_h: 3, out_w: 2 },
    ];
    const cases = paddings.map((padding) => convolution({ ...ONE_PIXEL, ...padding }, Int8Array.of(1, -2), layer));
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), layer, of.params, `case ${k}`);
      expect(new Set(results[k][0] as Int8Array)).toEqual(new Set([9, 84]));
    });
  });

  test("holds the largest sums", async () => {
    const params = { ...ONE_PIXEL, in_c: 8191, in_zero_point: 127 };
    const layer = { ...halving(new Int8Array(8191).fill(-128), -1), shift: Uint8Array.of(52) };
    const of = convolution(params, new Int8Array(8191).fill(-128), layer);
    const [[output]] = await expectTwinsAgree(kernel, [of]);
    expectRequantized(output, [8191 * 255 * 128 - 1], layer, params, "largest");
    expect(output).toEqual(Int8Array.of(67));
  });
});
