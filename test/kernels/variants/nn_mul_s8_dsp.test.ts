import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_mul_s8_dsp.js";
import { sample } from "../arbitraries.js";
import { products } from "../mul_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m4"];

test("nn_mul_s8_dsp equals the plain kernel", { timeout: 120_000 }, async () => {
  const all = sample(products, 200);
  const cases = all.filter((of) => typeof implementationOf(variant, of, machine.target) !== "string");
  expect(cases.length).toBeGreaterThan(100);
  await expectVariantAgrees(variant, cases, machine);
});
