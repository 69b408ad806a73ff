import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_average_pool2d_s8_mve.js";
import { sample } from "../arbitraries.js";
import { caseOf, type Image, images } from "../average_pool_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m55"];
const image = sample(images, 1)[0];
const still = { stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1, pad_top: 0, pad_left: 0 };

function filled(in_h: number, in_w: number, value: number, ratio: number): Image {
  const size = { batch: 1, in_h, in_w, channels: 5, out_h: 1, out_w: 1, kernel_h: in_h, kernel_w: in_w };
  const pool = { ...size, ...still, pad_bottom: 0, pad_right: 0, count_include_pad: 0 };
  return { ...image, pool, ratio, input: new Int8Array(in_h * in_w * 5).fill(value) };
}

test("nn_average_pool2d_s8_mve equals the plain kernel", { timeout: 120_000 }, async () => {
  const extremes = [-128, 127].flatMap((value) => [filled(17, 16, value, 1), filled(16, 20, value, 3)]);
  const all = [...sample(images, 150).map(caseOf), ...extremes.map(caseOf)];
  const cases = all.filter((of) => typeof implementationOf(variant, of, machine.target) !== "string");
  expect(cases.length).toBeGreaterThan(60);
  await expectVariantAgrees(variant, cases, machine);
  expect(implementationOf(variant, caseOf(filled(1, 1, 3, 1)), machine.target)).toBe("a scale of 1/2 or more");
});
