import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_average_pool2d_s8_dsp.js";
import { sample } from "../arbitraries.js";
import { caseOf, type Image, images } from "../average_pool_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const image = sample(images, 1)[0];
const still = { stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1, pad_top: 0, pad_left: 0 };

function filled(in_h: number, in_w: number, kernel_h: number, kernel_w: number, value: number): Image {
  const size = { batch: 1, in_h, in_w, channels: 5, out_h: in_h - kernel_h + 1, out_w: in_w - kernel_w + 1 };
  const pool = { ...size, ...still, kernel_h, kernel_w, pad_bottom: 0, pad_right: 0, count_include_pad: 0 };
  return { ...image, pool, ratio: 1, input: new Int8Array(in_h * in_w * 5).fill(value) };
}

test("nn_average_pool2d_s8_dsp equals the plain kernel", { timeout: 120_000 }, async () => {
  const extremes = [-128, 127].flatMap((value) => [filled(17, 16, 16, 16, value), filled(16, 20, 16, 20, value)]);
  const cases = [...sample(images, 150), ...extremes].map(caseOf);
  await expectVariantAgrees(variant, cases, MACHINES["cortex-m4"]);
});

test("a window that is the whole image becomes a mean, one too large for int16 is refused", () => {
  const of = (shape: Image) => implementationOf(variant, caseOf(shape), MACHINES["cortex-m4"].target);
  expect(of(filled(16, 20, 16, 20, 1))).toMatchObject({ kernel: "nn_mean_s8_dsp" });
  expect(of(filled(17, 17, 16, 17, 1))).toBe("a window of more than 256 values");
});
