import { expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_conv2d_s4_dsp.js";
import { sample } from "../arbitraries.js";
import { type Convolution, denseConvolutions } from "../conv2d_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";
import { narrowConvolution } from "./four_bits.js";

const machine = MACHINES["cortex-m4"];
const found = (of: Convolution) => implementationOf(variant, of, machine.target);
const cases = sample(denseConvolutions, 300).map(narrowConvolution);

test("equals the plain kernel", { timeout: 300_000 }, async () => {
  const accepted = cases.filter((of) => typeof found(of) !== "string");
  expect(accepted.length).toBeGreaterThan(40);
  expect(new Set(accepted.map(({ params }) => params.out_w % 2))).toEqual(new Set([0, 1]));
  await expectVariantAgrees(variant, accepted, machine);
});

test("says what it does not take", () => {
  const reasons = new Set(cases.map(found).filter((of) => typeof of === "string"));
  expect(reasons).toContain("it takes multiples of four channels");
  expect(reasons).toContain("it takes no dilated columns");
  expect(sample(denseConvolutions, 60).map(found)).toContain("its weights take more than four bits");
});
