import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_fully_connected_s4_dsp.js";
import { sample } from "../arbitraries.js";
import { type Product, product, products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";
import { narrowProduct } from "./four_bits.js";

const machine = MACHINES["cortex-m4"];
const found = (of: Product) => implementationOf(variant, of, machine.target);

/** A long row of the largest inputs and weights. */
function extreme(in_features: number, x: number, w: number): Product {
  const out_features = 3;
  const layer = {
    weights: new Int8Array(in_features * out_features).fill(w),
    bias: new Int32Array(out_features).fill(-5000),
    multiplier: new Int32Array(out_features).fill(2 ** 31 - 1),
    shift: new Uint8Array(out_features).fill(49),
  };
  const params = { rows: 1, in_features, out_features, out_zero_point: 11, out_min: -128, out_max: 127 };
  return product(params, 0, new Int8Array(in_features).fill(x), layer);
}

test("equals the plain kernel", { timeout: 120_000 }, async () => {
  await expectVariantAgrees(variant, sample(products, 250).map(narrowProduct), machine);
});

test("holds the largest sums", { timeout: 120_000 }, async () => {
  const cases = [-128, 127].flatMap((x) => [-8, 7].map((w) => extreme(2000, x, w)));
  await expectVariantAgrees(variant, cases, machine);
});

test("refuses weights of more than four bits, and sums that leave 28", () => {
  expect(found(extreme(4, 1, 8))).toMatch(/four bits/);
  expect(found(extreme(2 ** 17, 1, 7))).toMatch(/28 bits/);
});
