import { describe, expect, test } from "vitest";
import type { Conv2dS8Params } from "../../../src/kernels/nn_conv2d_s8.js";
import type { Variant } from "../../../src/kernels/variant.js";
import unrolled from "../../../src/kernels/variants/nn_conv2d_s8_dsp_unrolled.js";
import pointwise from "../../../src/kernels/variants/nn_pointwise_conv2d_s8_dsp.js";
import { int8s, sample } from "../arbitraries.js";
import { type Convolution, convolution, denseConvolutions, ONE_PIXEL } from "../conv2d_s8_cases.js";
import { layerRange, layers } from "../int8_layers.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m4"];

const found = (variant: Variant, of: Convolution) => implementationOf(variant, of, machine.target);

const accepted = (variant: Variant, cases: readonly Convolution[]) =>
  cases.filter((of) => typeof found(variant, of) !== "string");

/** Fewer pixels than are widened at a time and more, odd and even numbers of them; every rest of both channel counts. */
function onePixelKernels(): Convolution[] {
  const channels = [4, 5, 6, 7, 8, 15, 16, 17, 31, 64];
  const sizes: readonly (readonly [number, number])[] = [
    [1, 1],
    [1, 2],
    [3, 5],
    [8, 8],
    [5, 13],
    [9, 15],
  ];
  return sizes.flatMap(([in_h, in_w], i) =>
    channels.map((out_c, k) => {
      const in_c = [1, 2, 3, ...channels][(k * 3 + i) % 13];
      const [range] = sample(layerRange, 1);
      const params: Conv2dS8Params = {
        ...{ ...ONE_PIXEL, ...range, batch: 1 + (k % 2), in_h, in_w, out_h: in_h, out_w: in_w, in_c, out_c },
      };
      const [input] = sample(int8s(params.batch * in_h * in_w * in_c), 1);
      return convolution(params, input, sample(layers(out_c, in_c), 1)[0]);
    }),
  );
}

/** First layers: images with few channels, kernels with many rows, strides that leave values in odd places. */
function firstLayers(): Convolution[] {
  return [1, 2, 3].flatMap((in_c) =>
    [1, 2, 3].flatMap((stride) =>
      [
        [3, 3],
        [10, 4],
        [7, 1],
      ].map(([kernel_h, kernel_w]) => {
        const [in_h, in_w, out_c] = [19, 23, 4 + ((in_c * 5 + stride) % 8)];
        const pad = { pad_top: (kernel_h - 1) >> 1, pad_left: (kernel_w - 1) >> 1 };
        const out_h = Math.ceil(in_h / stride);
        const out_w = Math.ceil(in_w / stride);
        const params: Conv2dS8Params = {
          ...{ ...ONE_PIXEL, ...pad, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w },
          ...{ stride_h: stride, stride_w: stride, in_zero_point: 3, out_zero_point: -9 },
        };
        const [input] = sample(int8s(in_h * in_w * in_c), 1);
        return convolution(params, input, sample(layers(out_c, kernel_h * kernel_w * in_c), 1)[0]);
      }),
    ),
  );
}

const cases = {
  [unrolled.name]: [...sample(denseConvolutions, 160), ...firstLayers(), ...onePixelKernels()],
  [pointwise.name]: onePixelKernels(),
};

describe.each([unrolled, pointwise])("$name", (variant) => {
  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const calls = accepted(variant, cases[variant.name]);
    expect(calls.length).toBeGreaterThan(30);
    await expectVariantAgrees(variant, calls, machine);
  });

  test("the lead is the least there is", { timeout: 300_000 }, async () => {
    const closer: Variant = {
      ...variant,
      implement(call, target) {
        const made = variant.implement(call, target);
        return typeof made === "string" ? made : { ...made, lead: made.lead! - 1 };
      },
    };
    const calls = accepted(variant, cases[variant.name]);
    await expect(expectVariantAgrees(closer, calls, machine)).rejects.toThrow("with lead");
  });

  test("finds the functions that it makes, no others", () => {
    const [of] = accepted(variant, cases[variant.name]);
    const { kernel } = found(variant, of) as { kernel: string };
    expect(variant.find(kernel)?.name).toBe(kernel);
    for (const other of [
      `${kernel}x`,
      ...["9x9_shift10", "c161_shift10", kernel.slice(variant.name.length + 1).replace(/shift\d+/, "shift11")].map(
        (end) => `${variant.name}_${end}`,
      ),
    ]) {
      expect(variant.find(other)).toBeUndefined();
    }
  });
});

test("each says what it takes", () => {
  const of = (changes: Partial<Conv2dS8Params>): Convolution => {
    const params = { ...ONE_PIXEL, out_c: 4, ...changes };
    const terms = (params.in_c / params.groups) * params.kernel_h * params.kernel_w;
    const bytes = params.batch * params.in_h * params.in_w * params.in_c;
    return convolution(params, new Int8Array(bytes), sample(layers(params.out_c, terms), 1)[0]);
  };
  expect(found(unrolled, of({ groups: 2 }))).toBe("it takes no groups");
  expect(found(unrolled, of({ out_c: 3 }))).toBe("it takes four output channels and more");
  expect(found(unrolled, of({ in_c: 162 }))).toBe("its windows have more than 80 pairs of taps");
  expect(found(unrolled, of({ kernel_w: 2, dilation_w: 2, in_w: 3 }))).toBe("it takes no dilated columns");
  expect(found(pointwise, of({ groups: 2 }))).toBe("it takes no groups");
  expect(found(pointwise, of({ kernel_w: 2, in_w: 2 }))).toBe("the kernel is not 1x1");
  expect(found(pointwise, of({ stride_w: 2 }))).toBe("the stride is not 1");
  expect(found(pointwise, of({ pad_left: 1, out_w: 2 }))).toBe("it takes no padding");
});
