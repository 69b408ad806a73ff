import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_fft_f32.js";
import { sample } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

/** Steps of the circle: all of them, the half that butterflies need for powers of two. */
function circle(length: number, odd: number, sign: number): Float32Array {
  const count = odd === 1 ? Math.max(1, length / 2) : length;
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const angle = (2 * Math.PI * (i >> 1)) / length;
    return i % 2 === 0 ? Math.cos(angle) : sign * Math.sin(angle);
  });
}

/** Lines one after the other, overlapping frames, or lines beside each other (another axis than the last). */
const transforms = fc
  .record({
    odd: fc.constantFrom(1, 1, 1, 3, 5, 9),
    doublings: fc.nat(5),
    batch: fc.integer({ min: 1, max: 2 }),
    frames: fc.integer({ min: 1, max: 3 }),
    components: fc.constantFrom(1, 2),
    missing: fc.constantFrom(0, 0, 1, 3),
    layout: fc.constantFrom("frames" as const, "beside" as const),
    windowed: fc.boolean(),
    onesided: fc.boolean(),
    sign: fc.constantFrom(1, -1),
    seed: seeds,
  })
  .map(({ layout, missing, windowed, onesided, sign, seed, ...size }) => {
    const length = size.odd * 2 ** size.doublings;
    const samples = Math.max(1, length - missing);
    const bins = onesided ? Math.floor(length / 2) + 1 : length;
    const [frameStride, sampleStride, lineStride] =
      layout === "frames"
        ? [2 * size.components, size.components, (samples + 2 * (size.frames - 1)) * size.components]
        : [size.components, size.frames * size.components, samples * size.frames * size.components];
    const params = {
      ...size,
      samples,
      bins,
      batch_stride: lineStride,
      frame_stride: frameStride,
      sample_stride: sampleStride,
      window_stride: windowed ? 1 : 0,
      out_batch_stride: size.frames * bins * 2,
      out_frame_stride: layout === "frames" ? bins * 2 : 2,
      out_bin_stride: layout === "frames" ? 2 : size.frames * 2,
      scale: sign > 0 ? Math.fround(1 / length) : 1,
    };
    return {
      sign,
      params,
      inputs: [floats(size.batch * lineStride, seed), windowed ? floats(samples, seed + 1) : Float32Array.of(1)],
      constants: { turns: circle(length, size.odd, sign) },
      outputs: [{ type: "float32" as const, count: size.batch * size.frames * bins * 2 }],
    };
  });

describe("nn_fft_f32", () => {
  test("equals C in every bit and the definition closely", async () => {
    const cases = sample(transforms, 120);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs: [x, window], sign }, n) => {
      const length = p.odd * 2 ** p.doublings;
      const expected = new Float64Array(results[n][0].length);
      for (let line = 0; line < p.batch * p.frames; line++) {
        const [b, f] = [Math.floor(line / p.frames), line % p.frames];
        for (let k = 0; k < p.bins; k++) {
          const at = b * p.out_batch_stride + f * p.out_frame_stride + k * p.out_bin_stride;
          for (let i = 0; i < p.samples; i++) {
            const from = b * p.batch_stride + f * p.frame_stride + i * p.sample_stride;
            const angle = (sign * 2 * Math.PI * i * k) / length;
            const w = window[i * p.window_stride] * p.scale;
            const [re, im] = [x[from] * w, p.components === 2 ? x[from + 1] * w : 0];
            expected[at] += re * Math.cos(angle) - im * Math.sin(angle);
            expected[at + 1] += re * Math.sin(angle) + im * Math.cos(angle);
          }
        }
      }
      expectClose(results[n][0], Array.from(expected), () => JSON.stringify(p), 1e-5);
    });
    expect(cases.some(({ params }) => params.odd > 1 && params.doublings > 0)).toBe(true);
  });
});
