import { describe, expect, test } from "vitest";
import type { Conv2dS8Params } from "../../../src/kernels/nn_conv2d_s8.js";
import type { Variant } from "../../../src/kernels/variant.js";
import dense from "../../../src/kernels/variants/nn_conv2d_s8_mve.js";
import pointwise from "../../../src/kernels/variants/nn_pointwise_conv2d_s8_mve.js";
import { int8s, sample } from "../arbitraries.js";
import { type Convolution, convolution, convolutions, denseConvolutions, ONE_PIXEL } from "../conv2d_s8_cases.js";
import { layers } from "../int8_layers.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m55"];

const found = (variant: Variant, of: Convolution) => implementationOf(variant, of, machine.target);

const accepted = (variant: Variant, cases: readonly Convolution[]) =>
  cases.filter((of) => typeof found(variant, of) !== "string");

/** Images of 3x5 and kernels of one pixel. */
function pointwiseCases(): Convolution[] {
  const sizes = [1, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64];
  return sizes.flatMap((in_c, i) =>
    [1, 2, 3].map((stride) => {
      const out_c = sizes[(i * 5 + stride) % sizes.length];
      const batch = 1 + (i % 2);
      const params: Conv2dS8Params = {
        ...{ ...ONE_PIXEL, batch, in_h: 3, in_w: 5, in_c, out_c, stride_h: stride, stride_w: stride },
        ...{ out_h: Math.ceil(3 / stride), out_w: Math.ceil(5 / stride), in_zero_point: i, out_zero_point: -7 },
      };
      const [layer] = sample(layers(out_c, in_c), 1);
      // Multipliers of 1/4 and more are for the plain kernel.
      const shift = layer.shift.map((n) => Math.max(n, 33));
      const [input] = sample(int8s(batch * 15 * in_c), 1);
      return convolution(params, input, { ...layer, shift });
    }),
  );
}

/** Inputs and weights of the largest magnitude, with the smallest and largest shifts. */
function extremes(kernel: number): Convolution[] {
  const shifts = [33, 34, 39, 40, 41, 50, 61, 62];
  const out_c = shifts.length;
  const taps = kernel * kernel * 113;
  return [-128, 127].flatMap((x) =>
    [-128, 127].flatMap((w) =>
      [-128, 0, 127].map((out_zero_point) => {
        const params: Conv2dS8Params = {
          ...{ ...ONE_PIXEL, in_c: 113, out_c, in_h: 3, in_w: 2, out_h: 3, out_w: 2 },
          ...{ kernel_h: kernel, kernel_w: kernel, pad_top: (kernel - 1) / 2, pad_left: (kernel - 1) / 2 },
          ...{ in_zero_point: -1 - x, out_zero_point },
        };
        return convolution(params, new Int8Array(6 * 113).fill(x), {
          weights: new Int8Array(taps * out_c).fill(w),
          bias: Int32Array.from(shifts, (_, c) => (c % 2 ? 2 ** 30 : -(2 ** 30))),
          multiplier: new Int32Array(out_c).fill(2 ** 31 - 1),
          shift: Uint8Array.from(shifts),
        });
      }),
    ),
  );
}

describe.each([dense, pointwise])("$name", (variant) => {
  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const cases = accepted(variant, [...sample(denseConvolutions, 160), ...pointwiseCases()]);
    expect(cases.length).toBeGreaterThan(30);
    await expectVariantAgrees(variant, cases, machine);
  });

  test("holds the largest sums and shifts", { timeout: 120_000 }, async () => {
    await expectVariantAgrees(variant, extremes(variant === dense ? 3 : 1), machine);
  });

  test("refuses groups and scales of 1/4", () => {
    const grouped = sample(convolutions, 20).filter(({ params }) => params.groups > 1);
    expect(new Set(grouped.map((of) => found(variant, of)))).toEqual(new Set(["it takes no groups"]));
    const [of] = pointwiseCases();
    const shift = of.layer.shift.slice().fill(32);
    expect(found(variant, convolution(of.params, of.inputs[0] as Int8Array, { ...of.layer, shift }))).toMatch(/1\/4/);
  });
});
