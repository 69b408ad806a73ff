import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_fully_connected_s8_dsp.js";
import { sample } from "../arbitraries.js";
import { type Product, product, products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m4"];

const found = (of: Product) => implementationOf(variant, of, machine.target);

const accepted = (cases: readonly Product[]) => cases.filter((of) => typeof found(of) !== "string");

test("equals the plain kernel", { timeout: 120_000 }, async () => {
  const cases = accepted(sample(products, 300));
  // What is refused has a weight -128 in an unlucky place or a multiplier of 2^20.
  expect(cases.length).toBeGreaterThan(100);
  await expectVariantAgrees(variant, cases, machine);
});

/** One row with the largest inputs and weights. */
function extreme(in_features: number, x: number, w: number, shift: number): Product {
  const out_features = 6;
  const layer = {
    weights: new Int8Array(in_features * out_features).fill(w),
    bias: new Int32Array(out_features).fill(-5000),
    multiplier: new Int32Array(out_features).fill(2 ** 31 - 1),
    shift: new Uint8Array(out_features).fill(shift),
  };
  const params = { rows: 2, in_features, out_features, out_zero_point: 11, out_min: -128, out_max: 127 };
  return product(params, 0, new Int8Array(2 * in_features).fill(x), layer);
}

test("holds the largest sums", { timeout: 120_000 }, async () => {
  const all = [-128, 127].flatMap((x) =>
    [-127, 127].flatMap((w) => [30, 38, 45, 47, 50].map((shift) => extreme(510, x, w, shift))),
  );
  const cases = accepted(all);
  expect(cases.length).toBeGreaterThan(10);
  await expectVariantAgrees(variant, cases, machine);
});

test("refuses weights whose pair leaves 16 bits, and sums that leave 24", () => {
  expect(found(extreme(4, 1, -128, 40))).toMatch(/-128/);
  expect(found(extreme(516, 1, 127, 40))).toMatch(/32 bits/);
});
