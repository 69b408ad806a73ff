/** Tests of the portable C variants, the same for every instruction set. */
import { expect, test } from "vitest";
import type { Variant } from "../../../src/kernels/variant.js";
import type { KernelCase } from "../harness.js";
import { expectVariantAgrees, implementationOf, type Machine } from "../simulator.js";

/** @param least how many of the cases the variant has to accept */
export function testAgreement(
  title: string,
  variant: Variant,
  machine: Machine,
  all: readonly KernelCase[],
  least: number,
): void {
  test(title, { timeout: 300_000 }, async () => {
    const cases = all.filter((of) => typeof implementationOf(variant, of, machine.target) !== "string");
    expect(cases.length).toBeGreaterThanOrEqual(least);
    await expectVariantAgrees(variant, cases, machine);
  });
}
