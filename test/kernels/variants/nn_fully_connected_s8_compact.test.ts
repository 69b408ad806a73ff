import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_fully_connected_s8_compact.js";
import { sample } from "../arbitraries.js";
import { products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES, type Machine } from "../simulator.js";

const { target } = MACHINES["cortex-m4"];
const all = sample(products, 300);
const found = all.map((of) => implementationOf(variant, of, target));
const cases = all.filter((_, i) => typeof found[i] !== "string");

/** A case whose tables have `bias` and `shift` in the place of the first. */
function withFirst(bias: number, shift: number) {
  const [of] = cases;
  const constants = { ...of.constants };
  constants.bias = (constants.bias as Int32Array).with(0, bias);
  constants.shift = (constants.shift as Uint8Array).with(0, shift);
  return { ...of, constants };
}

test.each([["cortex-m0plus"], ["cortex-m4"], ["rv32imc"]] as const)(
  "equals the plain kernel on %s",
  { timeout: 300_000 },
  async (name) => {
    expect(cases.length).toBeGreaterThan(100);
    const bounds = [-(2 ** 26), -1, 2 ** 26 - 1].flatMap((bias) => [32, 63].map((shift) => withFirst(bias, shift)));
    await expectVariantAgrees(variant, [...cases, ...bounds], MACHINES[name] as Machine);
  },
);

test("refuses what its words do not hold", () => {
  const of = (bias: number, shift: number) => implementationOf(variant, withFirst(bias, shift), target);
  expect(of(2 ** 26, 40)).toBe("a bias takes more than 27 bits");
  expect(of(-(2 ** 26) - 1, 40)).toBe("a bias takes more than 27 bits");
  expect(of(0, 31)).toBe("a multiplier is 1/4 and more");
  expect(of(0, 64)).toBe("a multiplier is 1/4 and more");
});
