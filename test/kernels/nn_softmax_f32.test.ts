import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_softmax_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

const softmaxes = fc
  .record({
    outer: sizes(1, 2, 3),
    count: sizes(1, 2, 3, 10, 17, 100),
    inner: sizes(1, 1, 2, 5),
    scale: sizes(0.1, 1, 10, 60),
    seed: seeds,
  })
  .map(({ scale, seed, ...params }) => {
    const count = params.outer * params.count * params.inner;
    const input = floats(count, seed).map((x) => x * scale);
    return { params, inputs: [input], outputs: [{ type: "float32" as const, count }] };
  });

describe("nn_softmax_f32", () => {
  test("neither overflows nor depends on a common offset", () => {
    const run = (...x: number[]) =>
      runTypeScript(kernel, {
        params: { outer: 1, count: x.length, inner: 1 },
        inputs: [Float32Array.from(x)],
        outputs: [{ type: "float32", count: x.length }],
      })[0];
    expect(run(3e38, 3e38, -3e38)).toEqual(Float32Array.of(0.5, 0.5, 0));
    expect(run(5, 4, 1)).toEqual(run(1005, 1004, 1001));
  });

  test("equals C in every bit, onnxruntime closely, and sums to 1", async () => {
    const cases = sample(softmaxes, 60);
    const results = await expectTwinsAgree(kernel, cases);
    for (const [k, { params: p, inputs }] of cases.entries()) {
      const y = await runOnnx("Softmax", [{ shape: [p.outer, p.count, p.inner], data: inputs[0] }], { axis: 1 });
      expectClose(results[k][0], y.data, () => JSON.stringify(p), 5e-7);
      const total = (results[k][0] as Float32Array).reduce((a, b) => a + b, 0);
      expect(total / (p.outer * p.inner)).toBeCloseTo(1, 5);
    }
  });
});
