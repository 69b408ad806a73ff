import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_max_pool2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { axes, clamp, clamps, expectClose, floats, permuted, seeds, windowParams, windows } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

const pools = fc
  .record({ batch: sizes(1, 1, 2), h: axes, w: axes, channels: sizes(1, 2, 3, 5, 16, 17), clamps, seed: seeds })
  .map(({ batch, h, w, channels, clamps, seed }) => {
    const size = { batch, channels, out_h: windows(h), out_w: windows(w) };
    const params = { ...windowParams(h, w), ...size, ...clamps };
    const inputs = [floats(batch * h.size * w.size * channels, seed)];
    const outputs = [{ type: "float32" as const, count: batch * size.out_h * size.out_w * channels }];
    return { h, w, of: { params, inputs, outputs } };
  });

describe("nn_max_pool2d_f32", () => {
  test("takes the largest of the taps inside the input; padding never wins", () => {
    const axis = { size: 2, kernel: 2, stride: 1, dilation: 1, begin: 1, end: 1 };
    const params = {
      ...windowParams(axis, axis),
      batch: 1,
      channels: 1,
      out_h: 3,
      out_w: 3,
      out_min: -3.5,
      out_max: 9,
    };
    const of = { params, inputs: [Float32Array.of(-4, -3, -2, -1)], outputs: [{ type: "float32", count: 9 }] as const };
    expect(runTypeScript(kernel, of)).toEqual([Float32Array.of(-3.5, -3, -3, -2, -1, -1, -2, -1, -1)]);
  });

  test("gives out_min where a window misses the input", async () => {
    const axis = { size: 1, kernel: 2, stride: 1, dilation: 2, begin: 1, end: 1 };
    const params = { ...windowParams(axis, axis), batch: 1, channels: 1, out_h: 1, out_w: 1, out_min: -2, out_max: 9 };
    const of = { params, inputs: [Float32Array.of(5)], outputs: [{ type: "float32", count: 1 }] as const };
    expect(await expectTwinsAgree(kernel, [of])).toEqual([[Float32Array.of(-2)]]);
  });

  test("equals C in every bit, and onnxruntime", async () => {
    // onnxruntime leaves open what a window without taps gives; kernels with a tap gap over the input are excluded.
    const cases = sample(pools, 80).filter(({ h, w }) =>
      [h, w].every((a) => a.dilation === 1 || a.begin + a.end === 0),
    );
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    for (const [k, { h, w, of }] of cases.entries()) {
      const p = of.params;
      const x = {
        shape: [p.batch, p.channels, h.size, w.size],
        data: permuted(of.inputs[0], [p.batch, h.size, w.size, p.channels], [0, 3, 1, 2]),
      };
      const y = await runOnnx("MaxPool", [x], {
        kernel_shape: [h.kernel, w.kernel],
        strides: [h.stride, w.stride],
        dilations: [h.dilation, w.dilation],
        pads: [h.begin, w.begin, h.end, w.end],
      });
      const expected = permuted(y.data, y.shape, [0, 2, 3, 1]).map((value) => clamp(value, p));
      expectClose(results[k][0], expected, () => JSON.stringify(p), 0);
    }
  });
});
