import fc from "fast-check";
import { describe, expect, test } from "vitest";
import dequantize from "../../src/kernels/nn_dequantize_s8_f32.js";
import kernel from "../../src/kernels/nn_quantize_f32_s8.js";
import { int8, sample } from "./arbitraries.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";

function caseOf(scale: number, zero_point: number, input: Float32Array): KernelCase {
  const count = input.length;
  return { params: { count, scale, zero_point }, inputs: [input], outputs: [{ type: "int8", count }] };
}

/** The definition by search: of all stored values the nearest to x / scale, of two equally near the even one. */
function nearest(x: number, scale: number, zeroPoint: number): number {
  const real = Math.fround(x / Math.fround(scale));
  if (Number.isNaN(real)) return zeroPoint;
  if (real >= 255) return 127;
  if (real <= -255) return -128;
  let best = -128;
  for (let q = -127; q <= 127; q++) {
    const closer = Math.abs(real - (best - zeroPoint)) - Math.abs(real - (q - zeroPoint));
    if (closer > 0 || (closer === 0 && (q - zeroPoint) % 2 === 0)) best = q;
  }
  return best;
}

/** Every half step of the stored range and beyond, and the float32 values around it. */
function halfSteps(scale: number): Float32Array {
  const values = new Float32Array(3 * 1041);
  const bits = new Int32Array(values.buffer);
  for (let k = 0; k < 1041; k++) {
    values.fill(((k - 520) / 2) * Math.fround(scale), 3 * k, 3 * k + 3);
    bits[3 * k] -= 1;
    bits[3 * k + 2] += 1;
  }
  return values;
}

/** Any bit pattern: subnormal, huge, infinite, NaN. */
const anyFloats = fc
  .array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 64, maxLength: 64 })
  .map((bits) => new Float32Array(Uint32Array.from(bits).buffer));

describe("nn_quantize_f32_s8", () => {
  test("rounds half to even, saturates, and takes NaN as zero", () => {
    const input = Float32Array.of(0.25, 0.75, -0.25, -0.75, 1.3, 1e9, -1e9, Infinity, -Infinity, NaN, -0);
    const [output] = runTypeScript(kernel, caseOf(0.5, 10, input));
    expect(output).toEqual(Int8Array.of(10, 12, 10, 8, 13, 127, -128, 127, -128, 10, 10));
  });

  test("equals C and the definition, at ties, their neighbours and for any bits", async () => {
    const fixed = [2 ** -7, 0.1, 1, 3].flatMap((scale) =>
      [-128, -1, 0, 127].map((zp) => ({ scale, zp, input: halfSteps(scale) })),
    );
    const scale = fc.oneof(
      fc.constantFrom(2 ** -149, 1e-40, 2 ** -126, 3e38),
      fc.float({ min: 2 ** -20, max: 2 ** 10, noNaN: true }),
    );
    const random = sample(fc.record({ scale, zp: int8, input: anyFloats }), 60);
    const special = Float32Array.of(NaN, Infinity, -Infinity, -0, 0, 2 ** -149, 3.4028234663852886e38);
    const cases = [...fixed, ...random, ...random.map(({ scale, zp }) => ({ scale, zp, input: special }))];
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ scale, zp, input }) => caseOf(scale, zp, input)),
    );
    cases.forEach(({ scale, zp, input }, k) => {
      expect(results[k][0], `scale ${scale}, zero point ${zp}`).toEqual(
        Int8Array.from(input, (x) => nearest(x, scale, zp)),
      );
    });
  });

  test("gives back every value that nn_dequantize_s8_f32 made", () => {
    const input = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    for (const [scale, zero_point] of sample(
      fc.tuple(fc.float({ min: 2 ** -100, max: 2 ** 100, noNaN: true }), int8),
      200,
    )) {
      const params = { count: 256, scale, zero_point };
      const outputs = [{ type: "float32", count: 256 }] as const;
      const [reals] = runTypeScript(dequantize, { params, inputs: [input], outputs });
      expect(runTypeScript(kernel, caseOf(scale, zero_point, reals as Float32Array))).toEqual([input]);
    }
  });
});
