import { expect, test } from "vitest";
import type { Conv2dS8Params } from "../../../src/kernels/nn_conv2d_s8.js";
import variant from "../../../src/kernels/variants/nn_conv2d_s8_dsp_w16.js";
import { sample } from "../arbitraries.js";
import { type Convolution, convolution, convolutions, denseConvolutions, ONE_PIXEL } from "../conv2d_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m4"];

const found = (of: Convolution) => implementationOf(variant, of, machine.target);

const accepts = (of: Convolution) => typeof found(of) !== "string";

test("equals the plain kernel", { timeout: 300_000 }, async () => {
  const cases = sample(denseConvolutions, 160);
  const accepted = cases.filter(accepts);
  // What is refused has a multiplier of 1/4 and more beside one below 2^-9.
  expect(accepted.length).toBeGreaterThan(100);
  await expectVariantAgrees(variant, accepted, machine);
});

test("refuses groups", () => {
  const grouped = sample(convolutions, 20).filter(({ params }) => params.groups > 1);
  expect(new Set(grouped.map(found))).toEqual(new Set(["it takes no groups"]));
});

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

test("holds the largest sums", { timeout: 60_000 }, async () => {
  const cases = [-128, 127].flatMap((x) =>
    [-128, 127].flatMap((w) => [36, 40, 44, 48, 50].map((shift) => extreme(113, 3, x, w, shift))),
  );
  const accepted = cases.filter(accepts);
  expect(accepted.length).toBeGreaterThan(10);
  await expectVariantAgrees(variant, accepted, machine);
});
