import { test } from "vitest";
import variant from "../../../src/kernels/variants/nn_max_pool2d_s8_dsp.js";
import { sample } from "../arbitraries.js";
import { maxPools } from "../max_pool_cases.js";
import { expectVariantAgrees, MACHINES } from "../simulator.js";

test("nn_max_pool2d_s8_dsp equals the plain kernel", { timeout: 120_000 }, async () => {
  await expectVariantAgrees(
    variant,
    sample(maxPools, 150).map(({ of }) => of),
    MACHINES["cortex-m4"],
  );
});
