import { describe, expect, test } from "vitest";
import kernel, { type AddS16Params } from "../../src/kernels/nn_add_s16.js";
import { wideAddMultipliers } from "../../src/numerics/add.js";
import { sums } from "./add_cases.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { expectMostlyUnclamped } from "./int8_layers.js";
import { bytesOf, pairsOf, typeOf, wide, wideRange } from "./s16_cases.js";

const cases = sample(sums, 150).map(({ params, inputs, outputs, aScale, bScale, outScale }, k) => {
  const out_bytes = bytesOf(k);
  const { a_zero_point: _a, b_zero_point: _b, ...kept } = params;
  const scale = outScale * (out_bytes === 1 ? 256 : 1);
  const { aMultiplier, bMultiplier, shift } = wideAddMultipliers(aScale, Math.abs(bScale), scale);
  const of: KernelCase<AddS16Params> = {
    params: {
      ...kept,
      ...{ a_multiplier: aMultiplier, b_multiplier: bScale < 0 ? -bMultiplier : bMultiplier, shift },
      ...wideRange(params, out_bytes),
      out_bytes,
    },
    inputs: inputs.map(wide),
    outputs: [{ type: typeOf(out_bytes), count: outputs[0].count }],
  };
  return of;
});

describe("nn_add_s16", () => {
  test("adds 1.5 a and -0.25 b, half up", () => {
    const flat = [1, 1, 1, 1, 1, 4];
    const stride = [0, 0, 0, 0, 0, 1];
    const params = { shape: flat, a_stride: stride, b_stride: stride, a_multiplier: 6, b_multiplier: -1, shift: 2 };
    const range = { out_zero_point: 0, out_min: -32768, out_max: 32767, out_bytes: 2 };
    const inputs = [Int16Array.of(1, 1000, -20000, 30000), Int16Array.of(0, 4, 8, -32768)];
    const outputs = [{ type: "int16", count: 4 }] as const;
    const [output] = runTypeScript(kernel, { params: { ...params, ...range }, inputs, outputs });
    expect(output).toEqual(Int16Array.of(2, 1499, -30002, 32767));
  });

  test("equals C and the definition in unbounded integers, with results of one byte and of two", async () => {
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const n = BigInt(p.shift);
      const expected = pairsOf(p, inputs).map(([a, b]) => {
        const sum = BigInt(a) * BigInt(p.a_multiplier) + BigInt(b) * BigInt(p.b_multiplier);
        const q = p.out_zero_point + Number((sum + (1n << (n - 1n))) >> n);
        return Math.min(p.out_max, Math.max(p.out_min, q));
      });
      expect(Array.from(results[k][0] as Int16Array), `case ${k}`).toEqual(expected);
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });
});
