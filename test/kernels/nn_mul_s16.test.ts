import { expect, test } from "vitest";
import kernel, { type MulS16Params } from "../../src/kernels/nn_mul_s16.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";
import { expectMostlyUnclamped, requantizeExact } from "./int8_layers.js";
import { products } from "./mul_cases.js";
import { bytesOf, pairsOf, typeOf, wide, wideMultiplier, wideRange } from "./s16_cases.js";

test("nn_mul_s16 equals C and the requantised product, with results of one byte and of two", async () => {
  const cases = sample(products, 150).map(({ params, inputs, outputs }, k) => {
    const out_bytes = bytesOf(k);
    const { a_zero_point: _a, b_zero_point: _b, ...kept } = params;
    const of: KernelCase<MulS16Params> = {
      params: {
        ...kept,
        ...wideRange(params, out_bytes),
        // A product is 2^16 times as large.
        ...wideMultiplier(params.multiplier * 2 ** -8, params.shift, out_bytes, 2 ** 30),
        out_bytes,
      },
      inputs: inputs.map(wide),
      outputs: [{ type: typeOf(out_bytes), count: outputs[0].count }],
    };
    return of;
  });
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach(({ params: p, inputs }, k) => {
    const expected = pairsOf(p, inputs).map(([a, b]) => requantizeExact(a * b, p.multiplier, p.shift, p));
    expect(Array.from(results[k][0] as Int16Array), `case ${k}`).toEqual(expected);
  });
  expectMostlyUnclamped(
    results.map(([output]) => output),
    cases.map(({ params }) => params),
  );
});
