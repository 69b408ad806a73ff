import { describe, expect, test } from "vitest";
import type { Conv2dS8Params } from "../../../src/kernels/nn_conv2d_s8.js";
import type { Variant } from "../../../src/kernels/variant.js";
import ring from "../../../src/kernels/variants/nn_conv2d_s8_dsp_ring.js";
import window from "../../../src/kernels/variants/nn_conv2d_s8_dsp_window.js";
import { sample } from "../arbitraries.js";
import { type Convolution, convolution, convolutions, denseConvolutions, ONE_PIXEL } from "../conv2d_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m4"];

const found = (variant: Variant, of: Convolution) => implementationOf(variant, of, machine.target);

const accepted = (variant: Variant, cases: readonly Convolution[]) =>
  cases.filter((of) => typeof found(variant, of) !== "string");

/** Inputs and weights of the largest magnitude, one image of `size` x 2 pixels. */
function extreme(in_c: number, size: number, x: number, w: number, shift: number, out_c = 5): Convolution {
  const params: Conv2dS8Params = {
    ...{ ...ONE_PIXEL, in_c, out_c, in_h: size, in_w: 2, out_h: size, out_w: 2, kernel_h: 3, kernel_w: 3 },
    ...{ pad_top: 1, pad_left: 1, in_zero_point: -128, out_zero_point: -5 },
  };
  const layer = {
    weights: new Int8Array(9 * in_c * out_c).fill(w),
    bias: new Int32Array(out_c).fill(123456),
    multiplier: new Int32Array(out_c).fill(2 ** 31 - 1),
    shift: new Uint8Array(out_c).fill(shift),
  };
  return convolution(params, new Int8Array(2 * size * in_c).fill(x), layer);
}

describe.each([ring, window])("$name", (variant) => {
  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const cases = accepted(variant, sample(denseConvolutions, 160));
    // What is refused has a multiplier of 1/4 and more beside one below 2^-9, or dilated columns in the ring.
    expect(cases.length).toBeGreaterThan(80);
    await expectVariantAgrees(variant, cases, machine);
  });

  test("the lead is the least there is", { timeout: 300_000 }, async () => {
    const cases = accepted(variant, sample(denseConvolutions, 60));
    const closer: Variant = {
      ...variant,
      implement(call, target) {
        const made = variant.implement(call, target);
        return typeof made === "string" ? made : { ...made, lead: made.lead! - 1 };
      },
    };
    await expect(expectVariantAgrees(closer, cases, machine)).rejects.toThrow("with lead");
  });

  test("refuses groups", () => {
    const grouped = sample(convolutions, 20).filter(({ params }) => params.groups > 1);
    expect(new Set(grouped.map((of) => found(variant, of)))).toEqual(new Set(["it takes no groups"]));
  });

  test("holds the largest sums", { timeout: 60_000 }, async () => {
    const all = [-128, 127].flatMap((x) =>
      [-128, 127].flatMap((w) => [36, 40, 44, 48, 50].map((shift) => extreme(113, 3, x, w, shift))),
    );
    const cases = accepted(variant, all);
    expect(cases.length).toBeGreaterThan(10);
    await expectVariantAgrees(variant, cases, machine);
  });
});
