import { expect, test } from "vitest";
import kernel, { type FullyConnectedS16Params } from "../../src/kernels/nn_fully_connected_s16.js";
import { expectTwinsAgree } from "./harness.js";
import { expectMostlyUnclamped, expectRequantized } from "./int8_layers.js";
import { type LayerCase, wideProducts } from "./s16_cases.js";

/** Real sums, weight by weight. */
function realSums({ params: p, inputs, layer }: LayerCase<FullyConnectedS16Params>): number[] {
  const sums = Array.from({ length: p.rows * p.out_features }, (_, i) => layer.bias[i % p.out_features]);
  layer.weights.forEach((w, i) => {
    const feature = i % p.in_features;
    for (let row = 0; row < p.rows; row++) {
      sums[row * p.out_features + (i - feature) / p.in_features] +=
        w * (inputs[0][row * p.in_features + feature] as number);
    }
  });
  return sums;
}

test("nn_fully_connected_s16 equals C and the real product, with results of one byte and of two", async () => {
  const cases = wideProducts(120);
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach((of, k) => {
    expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
  });
  expectMostlyUnclamped(
    results.map(([output]) => output),
    cases.map(({ params }) => params),
  );
  expect(new Set(cases.map(({ params }) => params.wide_sums))).toEqual(new Set([0, 1]));
});
