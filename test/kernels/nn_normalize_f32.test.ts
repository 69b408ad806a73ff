import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_normalize_f32.js";
import { sample } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { channelsOf, windowCases, windowsOf } from "./window_cases.js";

const normalisations = fc
  .record({ windows: windowCases, seed: seeds, centre: fc.constantFrom(0, 1), epsilon: fc.constantFrom(1e-5, 0.1) })
  .map(({ windows, seed, centre, epsilon }) => ({
    windows,
    of: {
      params: { ...windows.params, centre, epsilon },
      inputs: [floats(elementCount(windows.shape), seed)],
      constants: { scale: floats(windows.channels, seed + 1), bias: floats(windows.channels, seed + 2) },
      outputs: [{ type: "float32" as const, count: elementCount(windows.shape) }],
    },
  }));

describe("nn_normalize_f32", () => {
  test("by hand", () => {
    const one = [1, 1, 1, 1, 1];
    const windows = {
      shape: [...one, 1],
      stride: [0, 0, 0, 0, 0, 0],
      window: [...one, 4],
      window_stride: [0, 0, 0, 0, 0, 1],
      scale_stride: [0, 0, 0, 0, 0, 0],
      window_scale_stride: [0, 0, 0, 0, 0, 1],
    };
    const of = {
      params: { ...windows, count: 4, centre: 1, epsilon: 0 },
      inputs: [Float32Array.of(1, 3, 1, 3)],
      constants: { scale: Float32Array.of(1, 1, 2, 3), bias: Float32Array.of(0, 1, 0, 0.5) },
      outputs: [{ type: "float32", count: 4 }] as const,
    };
    expect(runTypeScript(kernel, of)).toEqual([Float32Array.of(-1, 2, -2, 3.5)]);
  });

  test("equals C in every bit and double precision closely", async () => {
    const cases = sample(normalisations, 80);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ windows, of: { params: p, inputs, constants } }, k) => {
      const [x] = inputs;
      const channels = channelsOf(windows);
      const expected = new Array<number>(x.length);
      for (const places of windowsOf(windows)) {
        const mean = p.centre ? places.reduce((sum, at) => sum + x[at], 0) / places.length : 0;
        const variance = places.reduce((sum, at) => sum + (x[at] - mean) ** 2, 0) / places.length;
        for (const at of places) {
          const y = (x[at] - mean) / Math.sqrt(variance + Math.fround(p.epsilon));
          expected[at] = y * constants.scale[channels[at]] + constants.bias[channels[at]];
        }
      }
      expectClose(results[k][0], expected, () => JSON.stringify(p), 1e-4);
    });
  });
});
