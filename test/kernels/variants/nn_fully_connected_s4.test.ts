import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_fully_connected_s4.js";
import { sample } from "../arbitraries.js";
import { products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES, type Machine } from "../simulator.js";
import { narrowProduct } from "./four_bits.js";

const cases = sample(products, 200).map(narrowProduct);

test.each([["cortex-m0plus"], ["cortex-m4"], ["rv32imc"]] as const)(
  "equals the plain kernel on %s",
  {
    timeout: 300_000,
  },
  async (name) => {
    await expectVariantAgrees(variant, cases, MACHINES[name] as Machine);
  },
);

test("refuses weights of more than four bits", () => {
  const { target } = MACHINES["cortex-m4"];
  const wide = sample(products, 20).map((of) => implementationOf(variant, of, target));
  expect(wide).toContain("its weights take more than four bits");
});
