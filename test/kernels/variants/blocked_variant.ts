/** Tests of the portable C variants, the same for every instruction set. */
import { expect, test } from "vitest";
import type { Implementation, Variant } from "../../../src/kernels/variant.js";
import { expectHeader } from "../c_header.js";
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
    const found = cases.map((of) => implementationOf(variant, of, machine.target) as Implementation);
    for (const name of new Set(found.map(({ kernel }) => kernel))) expectHeader(variant.find(name)!);
    await expectVariantAgrees(variant, cases, machine);
  });
}
