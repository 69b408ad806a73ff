import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_conv2d_s8.js";
import { sample } from "./arbitraries.js";
import { type Convolution, convolution, convolutions, ONE_PIXEL } from "./conv2d_s8_cases.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized, type Layer } from "./int8_layers.js";

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
