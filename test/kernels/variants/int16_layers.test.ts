/** The variants of layers on int16 values equal their plain twins in the simulators. */
import { describe, expect, test } from "vitest";
import conv2dDsp from "../../../src/kernels/variants/nn_conv2d_s16_dsp.js";
import conv2dMve from "../../../src/kernels/variants/nn_conv2d_s16_mve.js";
import depthwiseDsp from "../../../src/kernels/variants/nn_depthwise_conv2d_s16_dsp.js";
import depthwiseMve from "../../../src/kernels/variants/nn_depthwise_conv2d_s16_mve.js";
import connectedDsp from "../../../src/kernels/variants/nn_fully_connected_s16_dsp.js";
import connectedMve from "../../../src/kernels/variants/nn_fully_connected_s16_mve.js";
import type { KernelCase } from "../harness.js";
import { wideConvolutions, wideDepthwise, wideProducts } from "../s16_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const convolutions = wideConvolutions(400);
const depthwise = wideDepthwise(800);
const products = wideProducts(300);

/** [variant, cases, the least number of them that it takes] */
const VARIANTS = [
  [conv2dDsp, "cortex-m4", convolutions, 100],
  [conv2dMve, "cortex-m55", convolutions, 80],
  [depthwiseDsp, "cortex-m4", depthwise, 40],
  [depthwiseMve, "cortex-m55", depthwise, 80],
  [connectedDsp, "cortex-m4", products, 40],
  [connectedMve, "cortex-m55", products, 80],
] as const;

describe.each(VARIANTS.map(([variant, ...rest]) => [variant.name, variant, ...rest] as const))(
  "%s",
  (_name, variant, machine, cases, least) => {
    const { target } = MACHINES[machine];
    const isTaken = (of: KernelCase) => typeof implementationOf(variant, of, target) !== "string";

    test("equals the plain kernel", { timeout: 300_000 }, async () => {
      const taken = (cases as readonly KernelCase[]).filter(isTaken);
      expect(taken.length).toBeGreaterThanOrEqual(least);
      expect(new Set(taken.map(({ params }) => params.out_bytes))).toEqual(new Set([1, 2]));
      await expectVariantAgrees(variant, taken, MACHINES[machine]);
    });

    test("refuses what it does not compute, with the reason", () => {
      for (const of of cases as readonly KernelCase[]) {
        const found = implementationOf(variant, of, target);
        if (typeof found !== "string") continue;
        const { groups = 1, wide_sums = 0, channel_multiplier = 1, in_c = 0, in_features = 0 } = of.params;
        const known: Readonly<Record<string, boolean>> = {
          "it takes no groups": groups !== 1,
          "its sums leave 32 bits": wide_sums === 1,
          "it takes no channel multiplier": channel_multiplier !== 1,
          "it takes an even number of channels": (in_c as number) % 2 === 1,
          "it takes multiples of four inputs": (in_features as number) % 4 !== 0,
        };
        expect(known[found] ?? /the scale of channel \d+ is 1\/4 or more/.test(found), found).toBe(true);
      }
    });
  },
);
