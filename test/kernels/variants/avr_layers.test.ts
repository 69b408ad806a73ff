import { describe, expect, test } from "vitest";
import type { Variant } from "../../../src/kernels/variant.js";
import conv2d from "../../../src/kernels/variants/nn_conv2d_s8_avr.js";
import depthwise from "../../../src/kernels/variants/nn_depthwise_conv2d_s8_avr.js";
import fullyConnected from "../../../src/kernels/variants/nn_fully_connected_s8_avr.js";
import { isInstalled } from "../../project/compilers.js";
import { sample } from "../arbitraries.js";
import { AVR_MACHINE } from "../avr_machine.js";
import { convolutions as denseAndGrouped, denseConvolutions } from "../conv2d_s8_cases.js";
import { convolutions as depthwiseConvolutions } from "../depthwise_cases.js";
import { products } from "../fully_connected_s8_cases.js";
import type { KernelCase } from "../harness.js";
import { expectVariantAgrees, implementationOf } from "../simulator.js";

const { target } = AVR_MACHINE;
const canRun = ["avr-gcc", "qemu-system-avr"].every(isInstalled);

/** What the machine holds, with shifts that the variants take. */
function usable(cases: readonly KernelCase[]): KernelCase[] {
  return cases
    .filter(({ inputs, outputs }) => inputs[0].length + outputs[0].count < 1500)
    .map((of) => {
      const shift = (of.constants!.shift as Uint8Array).map((n) => Math.max(n, 33));
      return { ...of, constants: { ...of.constants, shift } };
    });
}

/** Tables whose sums and multipliers are the largest, and of either sign. */
function extremes(cases: readonly KernelCase[]): KernelCase[] {
  return usable(cases).flatMap((of, i) => {
    const { bias, multiplier, weights, shift } = of.constants as Record<string, Int32Array>;
    const all = [2 ** 31 - 1, 2 ** 30, 65535, 65536, 1, 0];
    const constants = {
      ...of.constants,
      weights: weights.map(() => (i % 2 ? -128 : 127)),
      bias: bias.map((_, c) => (c % 2 ? 2 ** 29 : -(2 ** 29))),
      multiplier: multiplier.map((_, c) => all[(c + i) % all.length]),
      shift: shift.map((_, c) => 33 + ((c * 7 + i) % 29)),
    };
    return [
      { ...of, inputs: of.inputs.map((input) => new Int8Array(input.length).fill(i % 3 ? -128 : 127)), constants },
    ];
  });
}

const VARIANTS: readonly [Variant, readonly KernelCase[]][] = [
  [conv2d, sample(denseConvolutions, 90)],
  [depthwise, sample(depthwiseConvolutions(), 90)],
  [fullyConnected, sample(products, 90)],
];

describe.skipIf(!canRun).each(VARIANTS)("$name (needs avr-gcc and qemu-system-avr)", (variant, cases) => {
  const accepted = (some: readonly KernelCase[]) =>
    some.filter((of) => typeof implementationOf(variant, of, target) !== "string");

  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const some = accepted(usable(cases));
    expect(some.length).toBeGreaterThan(30);
    await expectVariantAgrees(variant, some, AVR_MACHINE);
  });

  test("holds the largest sums and multipliers", { timeout: 300_000 }, async () => {
    const some = accepted(extremes(cases.slice(0, 30)));
    expect(some.length).toBeGreaterThan(8);
    await expectVariantAgrees(variant, some, AVR_MACHINE);
  });
});

test("each says what it takes", () => {
  const why = (variant: Variant, of: KernelCase) => implementationOf(variant, of, target);
  const [of] = usable(sample(denseConvolutions, 20)).filter((one) => typeof why(conv2d, one) !== "string");
  const changed = (changes: object): KernelCase => ({ ...of, params: { ...of.params, ...changes } });
  const [grouped] = sample(denseAndGrouped, 40).filter(({ params }) => params.groups > 1);
  expect(why(conv2d, grouped)).toBe("it takes no groups");
  expect(why(conv2d, changed({ dilation_w: 2, kernel_w: 2 }))).toBe("it takes no dilated columns");
  expect(why(conv2d, changed({ in_w: 2 ** 15 }))).toBe("its sizes exceed int16");
  const shift = (of.constants!.shift as Uint8Array).with(0, 32);
  const multiplier = (of.constants!.multiplier as Int32Array).with(0, 2 ** 30);
  expect(why(conv2d, { ...of, constants: { ...of.constants, shift, multiplier } })).toBe(
    "a multiplier is 1/4 and more",
  );
});
