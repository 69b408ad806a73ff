import { test } from "vitest";
import variant from "../../../src/kernels/variants/nn_lut_s8_mve.js";
import { sample } from "../arbitraries.js";
import { lookups } from "../lut_cases.js";
import { expectVariantAgrees, MACHINES } from "../simulator.js";

test("nn_lut_s8_mve equals the plain kernel", { timeout: 60_000 }, async () => {
  await expectVariantAgrees(variant, sample(lookups, 30), MACHINES["cortex-m55"]);
});
