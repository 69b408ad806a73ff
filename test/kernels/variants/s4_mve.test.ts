import { expect, test } from "vitest";
import convolve from "../../../src/kernels/variants/nn_conv2d_s4_mve.js";
import connect from "../../../src/kernels/variants/nn_fully_connected_s4_mve.js";
import { sample } from "../arbitraries.js";
import { type Convolution, convolutions, denseConvolutions } from "../conv2d_s8_cases.js";
import { type Product, product, products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";
import { narrowConvolution, narrowProduct } from "./four_bits.js";

const machine = MACHINES["cortex-m55"];
const convolved = (of: Convolution) => implementationOf(convolve, of, machine.target);
const connected = (of: Product) => implementationOf(connect, of, machine.target);

test("convolution: equals the plain kernel", { timeout: 300_000 }, async () => {
  const cases = sample(denseConvolutions, 160).map(narrowConvolution);
  const accepted = cases.filter((of) => typeof convolved(of) !== "string");
  // What is refused has a multiplier of 1/4 and more.
  expect(accepted.length).toBeGreaterThan(60);
  await expectVariantAgrees(convolve, accepted, machine);
});

test("fully connected: equals the plain kernel", { timeout: 300_000 }, async () => {
  const accepted = sample(products, 300)
    .map(narrowProduct)
    .filter((of) => typeof connected(of) !== "string");
  expect(accepted.length).toBeGreaterThan(100);
  await expectVariantAgrees(connect, accepted, machine);
});

test("fully connected: holds the largest sums", { timeout: 120_000 }, async () => {
  const extremes = [-128, 127].flatMap((x) =>
    [-8, 7].map((w) => {
      const layer = {
        weights: new Int8Array(6000).fill(w),
        bias: new Int32Array(3).fill(-5000),
        multiplier: new Int32Array(3).fill(2 ** 31 - 1),
        shift: new Uint8Array(3).fill(49),
      };
      const params = { rows: 1, in_features: 2000, out_features: 3, out_zero_point: 1, out_min: -128, out_max: 127 };
      return product(params, 0, new Int8Array(2000).fill(x), layer);
    }),
  );
  await expectVariantAgrees(connect, extremes, machine);
});

test("both say what they do not take", () => {
  expect(sample(denseConvolutions, 30).map(convolved)).toContain("its weights take more than four bits");
  expect(sample(products, 30).map(connected)).toContain("its weights take more than four bits");
  const grouped = sample(convolutions, 20).filter(({ params }) => params.groups > 1);
  expect(convolved(narrowConvolution(grouped[0]))).toBe("it takes no groups");
});
