import { describe, expect, test } from "vitest";
import type { Conv2dS8Params } from "../../../src/kernels/nn_conv2d_s8.js";
import armv6m from "../../../src/kernels/variants/nn_conv2d_s8_armv6m.js";
import rv32im from "../../../src/kernels/variants/nn_conv2d_s8_rv32im.js";
import thumb2 from "../../../src/kernels/variants/nn_conv2d_s8_thumb2.js";
import { sample } from "../arbitraries.js";
import { convolution, convolutions, ONE_PIXEL } from "../conv2d_s8_cases.js";
import { implementationOf, MACHINES } from "../simulator.js";
import { testAgreement } from "./blocked_variant.js";

/** Inputs and weights of the largest magnitude. */
function extreme(x: number, w: number, shift: number, in_c = 113) {
  const out_c = 5;
  const params: Conv2dS8Params = {
    ...{ ...ONE_PIXEL, in_c, out_c, in_h: 3, in_w: 2, out_h: 3, out_w: 2, kernel_h: 3, kernel_w: 3 },
    ...{ pad_top: 1, pad_left: 1, in_zero_point: -128, out_zero_point: -5 },
  };
  const layer = {
    weights: new Int8Array(9 * in_c * out_c).fill(w),
    bias: new Int32Array(out_c).fill(123456),
    multiplier: new Int32Array(out_c).fill(2 ** 31 - 1),
    shift: new Uint8Array(out_c).fill(shift),
  };
  return convolution(params, new Int8Array(6 * in_c).fill(x), layer);
}

/** With 113 channels sums need more than 20 bits, with 3 they do not. */
const extremes = [-128, 127].flatMap((x) =>
  [-128, 127].flatMap((w) =>
    [31, 33, 36, 40, 48, 62].flatMap((shift) => [113, 3].map((in_c) => extreme(x, w, shift, in_c))),
  ),
);

describe.each([
  { variant: rv32im, machine: MACHINES.rv32imc },
  { variant: armv6m, machine: MACHINES["cortex-m0plus"] },
  { variant: thumb2, machine: MACHINES["cortex-m3"] },
])("$variant.name", ({ variant, machine }) => {
  // What is refused multiplies by 2^20.
  testAgreement("equals the plain kernel", variant, machine, sample(convolutions, 120), 80);
  testAgreement("holds the largest sums", variant, machine, extremes, 40);

  test("refuses sums that leave 32 bits", () => {
    const refused = (shift: number, in_c: number) =>
      implementationOf(variant, extreme(127, 127, shift, in_c), machine.target);
    expect(refused(20, 113)).toBe("a multiplier of 1/4 or more beside large sums");
    const large = refused(40, 3000);
    if (variant === armv6m) expect(large).toBe("sums leave 32 bits when 128 is added to weights and values");
    else expect(large).toBeTypeOf("object");
  });
});
