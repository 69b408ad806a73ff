import { test } from "vitest";
import variant from "../../../src/kernels/variants/nn_mean_s8_dsp.js";
import { fixedPoint } from "../../../src/numerics/requantize.js";
import { sample } from "../arbitraries.js";
import { type Mean, means } from "../mean_cases.js";
import { expectVariantAgrees, MACHINES } from "../simulator.js";

/** Sums at both ends of int16, and beyond in one chunk after another. */
const extremes: Mean[] = [-128, 127].flatMap((value) =>
  [255, 256, 257, 600].map(
    (count): Mean => ({
      params: {
        ...{ outer: 1, count, inner: 5, in_zero_point: 0, out_zero_point: 0, out_min: -128, out_max: 127 },
        ...fixedPoint(1 / count, 256 * count),
      },
      inputs: [new Int8Array(5 * count).fill(value)],
      outputs: [{ type: "int8", count: 5 }],
      ratio: 1,
    }),
  ),
);

test("nn_mean_s8_dsp equals the plain kernel", { timeout: 120_000 }, async () => {
  await expectVariantAgrees(variant, [...sample(means, 150), ...extremes], MACHINES["cortex-m4"]);
});
