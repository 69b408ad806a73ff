import { describe, expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_conv2d_s4.js";
import { sample } from "../arbitraries.js";
import { convolutions, denseConvolutions } from "../conv2d_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES, type Machine } from "../simulator.js";
import { narrowConvolution } from "./four_bits.js";

const cases = sample(denseConvolutions, 100).map(narrowConvolution);

describe.each([["cortex-m0plus"], ["cortex-m4"], ["rv32imc"]] as const)("nn_conv2d_s4 on %s", (name) => {
  const machine: Machine = MACHINES[name];

  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    await expectVariantAgrees(variant, cases, machine);
  });
});

test("packs two weights to a byte, and refuses wider ones and groups", () => {
  const { target } = MACHINES["cortex-m4"];
  const [first] = cases;
  const made = implementationOf(variant, first, target);
  if (typeof made === "string") throw new Error(made);
  const { kernel_h, kernel_w, in_c, out_c } = first.params;
  expect(made.constants.weights.byteLength).toBe(out_c * Math.ceil((kernel_h * kernel_w * in_c) / 2));
  const wide = sample(denseConvolutions, 20).map((of) => implementationOf(variant, of, target));
  expect(wide).toContain("its weights take more than four bits");
  const grouped = sample(convolutions, 20).filter(({ params }) => params.groups > 1);
  expect(implementationOf(variant, narrowConvolution(grouped[0]), target)).toBe("it takes no groups");
});
