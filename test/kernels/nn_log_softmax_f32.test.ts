import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_log_softmax_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

const cases = fc
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

describe("nn_log_softmax_f32", () => {
  test("neither overflows nor loses what is far from the largest", () => {
    const [y] = runTypeScript(kernel, {
      params: { outer: 1, count: 3, inner: 1 },
      inputs: [Float32Array.of(3e38, 3e38, 1e38)],
      outputs: [{ type: "float32", count: 3 }],
    }) as Float32Array[];
    expect(y[0]).toBeCloseTo(-Math.LN2, 6);
    expect(y[2]).toBeCloseTo(-2e38, -33);
  });

  test("equals C in every bit, onnxruntime closely", async () => {
    const drawn = sample(cases, 60);
    const results = await expectTwinsAgree(kernel, drawn);
    for (const [k, { params: p, inputs }] of drawn.entries()) {
      const y = await runOnnx("LogSoftmax", [{ shape: [p.outer, p.count, p.inner], data: inputs[0] }], { axis: 1 });
      expectClose(results[k][0], y.data, () => JSON.stringify(p), 4e-5);
    }
  });
});
