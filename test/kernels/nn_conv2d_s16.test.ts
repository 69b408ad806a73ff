import { describe, expect, test } from "vitest";
import kernel, { type Conv2dS16Params } from "../../src/kernels/nn_conv2d_s16.js";
import { ONE_PIXEL } from "./conv2d_s8_cases.js";
import { convolutionLanding, spread } from "./convolution_oracle.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized } from "./int8_layers.js";
import { type LayerCase, wideConvolutions } from "./s16_cases.js";

/** Real sums, padding being real zero. */
function realSums({ params: p, inputs, layer }: LayerCase<Conv2dS16Params>): number[] {
  const groupIn = p.in_c / p.groups;
  return spread(
    p,
    convolutionLanding(p.stride_h, p.dilation_h, p.pad_top),
    convolutionLanding(p.stride_w, p.dilation_w, p.pad_left),
    Float32Array.from(inputs[0] as Int16Array),
    (oc, ky, kx, ic) => layer.weights[((oc * p.kernel_h + ky) * p.kernel_w + kx) * groupIn + ic],
    Float32Array.from(layer.bias),
  );
}

/** One output of `in_c` products with a weight of -128 and the least input, requantised by 1 / 2^shift. */
function largest(in_c: number, shift: number, out_bytes: 1 | 2): KernelCase {
  const { in_zero_point: _, ...pixel } = ONE_PIXEL;
  const params = { ...pixel, in_c, out_zero_point: 0, out_min: -32768, out_max: 32767, out_bytes, wide_sums: 1 };
  const constants = {
    weights: new Int8Array(in_c).fill(-128),
    bias: Int32Array.of(-1),
    multiplier: Int32Array.of(1),
    shift: Uint8Array.of(shift),
  };
  const outputs = [{ type: out_bytes === 1 ? ("int8" as const) : ("int16" as const), count: 1 }];
  return { params, inputs: [new Int16Array(in_c).fill(-32768)], constants, outputs };
}

describe("nn_conv2d_s16", () => {
  test("equals C and the real convolution, with results of one byte and of two", async () => {
    const cases = wideConvolutions(120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
    expect(new Set(cases.map(({ params }) => params.wide_sums))).toEqual(new Set([0, 1]));
  });

  test("holds sums beyond 32 bits", async () => {
    // 4096 * 128 * 32768 - 1 = 2^34 - 1
    const [[output]] = await expectTwinsAgree(kernel, [largest(4096, 20, 2)]);
    expect(output).toEqual(Int16Array.of(2 ** 14));
    expect(runTypeScript(kernel, largest(4096, 18, 2))).toEqual([Int16Array.of(32767)]);
  });
});
