import { test } from "vitest";
import variant from "../../../src/kernels/variants/nn_lut_s8_thumb2.js";
import { sample } from "../arbitraries.js";
import { lookups } from "../lut_cases.js";
import { expectVariantAgrees, MACHINES } from "../simulator.js";

test.each(["cortex-m3", "cortex-m4"] as const)("nn_lut_s8_thumb2 equals the plain kernel on %s", async (core) => {
  await expectVariantAgrees(variant, sample(lookups, 30), MACHINES[core]);
});
