import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_add_s8_mve.js";
import { sums } from "../add_cases.js";
import { sample } from "../arbitraries.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m55"];

test("nn_add_s8_mve equals the plain kernel", { timeout: 120_000 }, async () => {
  const all = sample(sums, 200);
  const cases = all.filter((of) => typeof implementationOf(variant, of, machine.target) !== "string");
  expect(cases.length).toBeGreaterThan(100);
  await expectVariantAgrees(variant, cases, machine);
});
