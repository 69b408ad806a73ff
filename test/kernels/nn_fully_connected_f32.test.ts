import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_fully_connected_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { clamp, clamps, expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";

const layers = fc
  .record({
    rows: sizes(1, 1, 2, 3),
    in_features: sizes(1, 2, 3, 4, 5, 15, 16, 17, 64),
    out_features: sizes(1, 2, 3, 4, 5, 7, 8, 10),
    clamps,
    seed: seeds,
  })
  .map(({ clamps, seed, ...size }) => ({
    params: { ...size, ...clamps },
    inputs: [floats(size.rows * size.in_features, seed)],
    constants: {
      weights: floats(size.in_features * size.out_features, seed + 1),
      bias: floats(size.out_features, seed + 2),
    },
    outputs: [{ type: "float32" as const, count: size.rows * size.out_features }],
  }));

describe("nn_fully_connected_f32", () => {
  test("multiplies, adds the bias and clamps", () => {
    const params = { rows: 2, in_features: 2, out_features: 3, out_min: -Infinity, out_max: 50 };
    const constants = { weights: Float32Array.of(1, 10, 2, 20, 3, 30), bias: Float32Array.of(0.5, 0, -0.5) };
    const outputs = [{ type: "float32", count: 6 }] as const;
    const [output] = runTypeScript(kernel, { params, inputs: [Float32Array.of(1, 2, 3, -1)], constants, outputs });
    expect(output).toEqual(Float32Array.of(21.5, 42, 50, -6.5, -14, -21.5));
  });

  test("equals C in every bit and the product in double precision closely", async () => {
    const cases = sample(layers, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs: [x], constants: { weights, bias } }, k) => {
      const expected = Array.from({ length: p.rows * p.out_features }, (_, i) => {
        const [row, feature] = [Math.floor(i / p.out_features), i % p.out_features];
        const line = x.subarray(row * p.in_features, (row + 1) * p.in_features);
        return clamp(
          line.reduce((sum, value, j) => sum + value * weights[feature * p.in_features + j], bias[feature]),
          p,
        );
      });
      expectClose(results[k][0], expected, () => JSON.stringify(p));
    });
  });
});
