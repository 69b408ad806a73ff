import { describe } from "vitest";
import armv6m from "../../../src/kernels/variants/nn_depthwise_conv2d_s8_armv6m.js";
import rv32im from "../../../src/kernels/variants/nn_depthwise_conv2d_s8_rv32im.js";
import thumb2 from "../../../src/kernels/variants/nn_depthwise_conv2d_s8_thumb2.js";
import { sample } from "../arbitraries.js";
import { convolution, convolutions } from "../depthwise_cases.js";
import { MACHINES } from "../simulator.js";
import { testAgreement } from "./blocked_variant.js";

/** Inputs and weights of the largest magnitude. */
function extreme(x: number, w: number, shift: number) {
  const [in_c, channel_multiplier] = [3, 2];
  const out_c = in_c * channel_multiplier;
  const params = {
    ...{ batch: 1, in_h: 4, in_w: 5, in_c, out_h: 4, out_w: 5, out_c, kernel_h: 3, kernel_w: 3, channel_multiplier },
    ...{ stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1, pad_top: 1, pad_left: 1 },
    ...{ in_zero_point: -128, out_zero_point: -5, out_min: -128, out_max: 127 },
  };
  const layer = {
    weights: new Int8Array(9 * out_c).fill(w),
    bias: new Int32Array(out_c).fill(12345),
    multiplier: new Int32Array(out_c).fill(2 ** 31 - 1),
    shift: new Uint8Array(out_c).fill(shift),
  };
  return convolution(params, new Int8Array(4 * 5 * in_c).fill(x), layer);
}

const extremes = [-128, 127].flatMap((x) =>
  [-128, 127].flatMap((w) => [31, 33, 36, 40, 48, 62].map((shift) => extreme(x, w, shift))),
);

describe.each([
  { variant: rv32im, machine: MACHINES.rv32imc },
  { variant: armv6m, machine: MACHINES["cortex-m0plus"] },
  { variant: thumb2, machine: MACHINES["cortex-m3"] },
])("$variant.name", ({ variant, machine }) => {
  // What is refused multiplies by 2^20.
  testAgreement("equals the plain kernel", variant, machine, sample(convolutions(), 120), 80);
  testAgreement("holds the largest sums", variant, machine, extremes, extremes.length);
});
