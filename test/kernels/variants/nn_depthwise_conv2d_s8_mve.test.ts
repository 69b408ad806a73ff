import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DepthwiseConv2dS8Params } from "../../../src/kernels/nn_depthwise_conv2d_s8.js";
import type { Variant } from "../../../src/kernels/variant.js";
import any from "../../../src/kernels/variants/nn_depthwise_conv2d_any_s8_mve.js";
import small from "../../../src/kernels/variants/nn_depthwise_conv2d_s8_mve.js";
import { sample, sizes } from "../arbitraries.js";
import { type Convolution, convolution, convolutions } from "../depthwise_cases.js";
import { type Axis, axes } from "../float_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m55"];

/** Kernels of those sizes, on longer axes. */
const axesOf = (...kernels: number[]): fc.Arbitrary<Axis> =>
  fc
    .record({
      size: sizes(1, 2, 3, 4, 5, 6, 7, 13, 16, 17),
      kernel: sizes(...kernels),
      stride: sizes(1, 1, 2, 3),
      dilation: sizes(1, 1, 2),
      begin: sizes(0, 1, 1, 2),
      end: sizes(0, 1, 1, 3),
    })
    .filter(({ size, kernel, dilation, begin, end }) => size + begin + end > dilation * (kernel - 1));

const found = (variant: Variant, of: Convolution) => implementationOf(variant, of, machine.target);

/** Inputs and weights of the largest magnitude, with the smallest and largest shifts. */
function extremes(): Convolution[] {
  const shifts = [33, 34, 39, 40, 41, 50, 61, 62];
  const out_c = shifts.length;
  return [-128, 127].flatMap((x) =>
    [-128, 127].flatMap((w) =>
      [-128, 127].map((out_zero_point) => {
        const params: DepthwiseConv2dS8Params = {
          ...{ batch: 1, in_h: 5, in_w: 5, in_c: out_c, out_h: 5, out_w: 5, out_c, channel_multiplier: 1 },
          ...{
            kernel_h: 3,
            kernel_w: 3,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: 1,
            pad_left: 1,
          },
          ...{ in_zero_point: -1 - x, out_zero_point, out_min: -128, out_max: 127 },
        };
        return convolution(params, new Int8Array(25 * out_c).fill(x), {
          weights: new Int8Array(9 * out_c).fill(w),
          bias: Int32Array.from(shifts, (_, c) => (c % 2 ? 2 ** 31 - 2 ** 20 : -(2 ** 31) + 2 ** 20)),
          multiplier: new Int32Array(out_c).fill(2 ** 31 - 1),
          shift: Uint8Array.from(shifts),
        });
      }),
    ),
  );
}

describe.each([
  { variant: small, kernels: [1, 2, 3, 3, 4] },
  { variant: any, kernels: [1, 3, 4, 5, 7, 9] },
])("$variant.name", ({ variant, kernels }) => {
  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const all = [...sample(convolutions(axesOf(...kernels)), 120), ...sample(convolutions(), 60)];
    const cases = all.filter((of) => typeof found(variant, of) !== "string");
    expect(cases.length).toBeGreaterThan(60);
    await expectVariantAgrees(variant, cases, machine);
  });

  test("holds the largest sums and shifts", { timeout: 120_000 }, async () => {
    await expectVariantAgrees(variant, extremes(), machine);
  });
});

test("kernels larger than 4x4 are left to the general function", () => {
  const larger = sample(convolutions(axes), 60).filter(({ params }) => params.kernel_h > 4);
  expect(new Set(larger.map((of) => found(small, of)))).toEqual(new Set(["the kernel is larger than 4x4"]));
});
