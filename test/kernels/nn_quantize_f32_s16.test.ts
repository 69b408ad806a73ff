import { describe, expect, test } from "vitest";
import dequantize from "../../src/kernels/nn_dequantize_s16_f32.js";
import kernel from "../../src/kernels/nn_quantize_f32_s16.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";

function caseOf(scale: number, input: Float32Array): KernelCase {
  const count = input.length;
  return { params: { count, scale }, inputs: [input], outputs: [{ type: "int16", count }] };
}

/** Half steps of the stored range and beyond it, and the float32 values around each. */
function halfSteps(scale: number): Float32Array {
  const steps = [...Array(4001).keys()].flatMap((k) => [k - 2000, 16 * (k - 2000), 33 * (k - 2000)]);
  const values = Float32Array.from(steps.flatMap((k) => [k, k, k].map((half) => (half / 2) * Math.fround(scale))));
  const bits = new Int32Array(values.buffer);
  for (let i = 0; i < values.length; i += 3) {
    bits[i] -= 1;
    bits[i + 2] += 1;
  }
  return values;
}

/** Nearest integer to x / scale in float32, of two equally near the even one, by comparison with both. */
function nearest(x: number, scale: number): number {
  const real = Math.fround(x / Math.fround(scale));
  if (Number.isNaN(real)) return 0;
  if (real >= 32767) return 32767;
  if (real <= -32768) return -32768;
  const below = Math.floor(real);
  const [left, right] = [real - below, below + 1 - real];
  return left < right || (left === right && below % 2 === 0) ? below : below + 1;
}

describe("nn_quantize_f32_s16", () => {
  test("rounds half to even, saturates, and takes NaN as zero", () => {
    const input = Float32Array.of(0.25, 0.75, -0.25, -0.75, 1.3, 1e9, -1e9, Infinity, -Infinity, NaN);
    const [output] = runTypeScript(kernel, caseOf(0.5, input));
    expect(output).toEqual(Int16Array.of(0, 2, 0, -2, 3, 32767, -32768, 32767, -32768, 0));
  });

  test("equals C and the definition, at ties, their neighbours and for special values", async () => {
    const special = Float32Array.of(NaN, Infinity, -Infinity, -0, 0, 2 ** -149, 3.4028234663852886e38);
    const cases = [2 ** -15, 0.1, 1, 3, 2 ** -149, 3e38].flatMap((scale) =>
      [halfSteps(scale), special].map((input) => ({ scale, input })),
    );
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ scale, input }) => caseOf(scale, input)),
    );
    cases.forEach(({ scale, input }, k) => {
      expect(results[k][0], `scale ${scale}`).toEqual(Int16Array.from(input, (x) => nearest(x, scale)));
    });
  });

  test("gives back every value that nn_dequantize_s16_f32 made", () => {
    const input = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
    for (const scale of [2 ** -15, 0.1, 1 / 3, 7.3e-5]) {
      const outputs = [{ type: "float32", count: 65536 }] as const;
      const [reals] = runTypeScript(dequantize, { params: { count: 65536, scale }, inputs: [input], outputs });
      expect(runTypeScript(kernel, caseOf(scale, reals as Float32Array))).toEqual([input]);
    }
  });
});
