import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../../src/graph/ir.js";
import kernel, { FRACTION_BITS } from "../../src/kernels/nn_normalize_s8.js";
import { randomValues } from "../onnxruntime.js";
import { expectNearest, int8, int8s, sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { channelsOf, windowCases, windowsOf } from "./window_cases.js";

const FRACTION = 18;

const normalisations = fc
  .record({
    windows: windowCases,
    centre: fc.constantFrom(0, 1),
    in_zero_point: int8,
    out_zero_point: int8,
    outScale: fc.double({ min: 1e-3, max: 2, noNaN: true }),
    epsilon: fc.constantFrom(0, 1, 1000, 2 ** 40),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .chain(({ windows, outScale, seed, ...rest }) =>
    int8s(elementCount(windows.shape)).map((input) => {
      // Scales and biases in units of out_scale: whole numbers of 2^-FRACTION and 2^-20.
      const random = randomValues(2 * windows.channels, seed, 2);
      const scale = Int32Array.from({ length: windows.channels }, (_, i) => (random[i] / outScale) * 2 ** FRACTION);
      const bias = Int32Array.from(scale, (_, i) => (random[windows.channels + i] / outScale) * 2 ** FRACTION_BITS);
      return {
        windows,
        of: {
          params: { ...windows.params, ...rest, shift: FRACTION_BITS + FRACTION },
          inputs: [input],
          constants: { scale, bias },
          outputs: [{ type: "int8" as const, count: input.length }],
        },
      };
    }),
  );

const line = (count: number) => ({
  ...{ shape: [1, 1, 1, 1, 1, 1], stride: [0, 0, 0, 0, 0, 0], window: [1, 1, 1, 1, 1, count] },
  ...{ window_stride: [0, 0, 0, 0, 0, 1], count },
  ...{ scale_stride: [0, 0, 0, 0, 0, 0], window_scale_stride: [0, 0, 0, 0, 0, 0] },
});

describe("nn_normalize_s8", () => {
  test("equals C and the real normalisation of the stored values", async () => {
    const cases = sample(normalisations, 120);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ windows, of: { params: p, inputs, constants } }, k) => {
      const channels = channelsOf(windows);
      const scale = (at: number) => constants.scale[channels[at]] / 2 ** FRACTION;
      const bias = (at: number) => constants.bias[channels[at]] / 2 ** FRACTION_BITS;
      const x = Array.from(inputs[0], (q) => q - p.in_zero_point);
      for (const places of windowsOf(windows)) {
        const n = places.length;
        const mean = p.centre ? places.reduce((sum, at) => sum + x[at], 0) / n : 0;
        const variance = places.reduce((sum, at) => sum + (x[at] - mean) ** 2, 0) / n + p.epsilon / n ** 2;
        for (const at of places) {
          const real = (variance === 0 ? 0 : (x[at] - mean) / Math.sqrt(variance)) * scale(at) + bias(at);
          const range = { out_zero_point: p.out_zero_point, out_min: -128, out_max: 127 };
          expectNearest(
            results[k][0][at] as number,
            real,
            range,
            () => `case ${k}, element ${at}, ${JSON.stringify(p)}`,
          );
        }
      }
    });
  });

  test("holds the sums of the longest window that is lowered to it", async () => {
    const count = 2 ** 20;
    const settings = { centre: 1, in_zero_point: -128, out_zero_point: 0, shift: FRACTION_BITS + FRACTION };
    const of = {
      params: { ...line(count), ...settings, epsilon: 2 ** 60 },
      inputs: [Int8Array.from({ length: count }, (_, i) => (i < count / 2 ? -128 : 127))],
      constants: { scale: Int32Array.of(64 * 2 ** FRACTION), bias: Int32Array.of(0) },
      outputs: [{ type: "int8" as const, count }],
    };
    const [result] = runTypeScript(kernel, of);
    const real = (127.5 / Math.sqrt(127.5 ** 2 + 2 ** 20)) * 64;
    expect(result[0]).toBe(-Math.round(real));
    expect(result[count - 1]).toBe(Math.round(real));
    expect((await expectTwinsAgree(kernel, [of]))[0][0][count - 1]).toBe(Math.round(real));
  });
});
