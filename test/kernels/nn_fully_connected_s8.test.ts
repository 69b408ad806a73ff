import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_fully_connected_s8.js";
import { sample } from "./arbitraries.js";
import { type Product, product, products } from "./fully_connected_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized } from "./int8_layers.js";

/** Real sums, weight by weight. */
function realSums({ params: p, inputs, layer, inZeroPoint }: Product): number[] {
  const sums = Array.from({ length: p.rows * p.out_features }, (_, i) => layer.bias[i % p.out_features]);
  layer.weights.forEach((w, i) => {
    const feature = i % p.in_features;
    for (let row = 0; row < p.rows; row++) {
      const x = (inputs[0][row * p.in_features + feature] as number) - inZeroPoint;
      sums[row * p.out_features + (i - feature) / p.in_features] += w * x;
    }
  });
  return sums;
}

describe("nn_fully_connected_s8", () => {
  test("multiplies each row by the weights", () => {
    const params = { rows: 2, in_features: 2, out_features: 3, out_zero_point: 1, out_min: -20, out_max: 127 };
    const layer = {
      weights: Int8Array.of(1, 2, 3, 4, -5, -6),
      bias: Int32Array.of(0, 10, 0),
      multiplier: new Int32Array(3).fill(2 ** 30),
      shift: Uint8Array.of(30, 31, 30),
    };
    // Rows (1, 2) and (3, 0): sums 5, 11 + 10, -17 and 3, 9 + 10, -15; the middle feature is halved.
    const [output] = runTypeScript(kernel, product(params, 7, Int8Array.of(8, 9, 10, 7), layer));
    expect(output).toEqual(Int8Array.of(6, 12, -16, 4, 11, -14));
  });

  test("equals C and the real product", async () => {
    const cases = sample(products, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });

  test("requantises alike at every shift, around every tie and bound", async () => {
    const tables = { bias: [] as number[], multiplier: [] as number[], shift: [] as number[] };
    for (let shift = 1; shift <= 62; shift++) {
      for (const multiplier of [0, 1, 12345, 2 ** 30, 2 ** 31 - 1]) {
        for (const steps of [-129, -128.5, -1.5, -1, -0.5, 0, 0.5, 1, 126.5, 127.5, 300]) {
          const acc = Math.round((steps * 2 ** shift) / Math.max(1, multiplier));
          for (const bias of [acc - 1, acc, acc + 1]) {
            tables.bias.push(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, bias)));
            tables.multiplier.push(multiplier);
            tables.shift.push(shift);
          }
        }
      }
    }
    const out_features = tables.bias.length;
    const layer = {
      weights: new Int8Array(out_features),
      bias: Int32Array.from(tables.bias),
      multiplier: Int32Array.from(tables.multiplier),
      shift: Uint8Array.from(tables.shift),
    };
    const params = { rows: 1, in_features: 1, out_features, out_zero_point: 1, out_min: -128, out_max: 127 };
    const of = product(params, 0, Int8Array.of(3), layer);
    const [[output]] = await expectTwinsAgree(kernel, [of]);
    expectRequantized(output, tables.bias, layer, params, "bias alone");
  });
});
