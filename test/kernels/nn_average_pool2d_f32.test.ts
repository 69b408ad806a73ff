import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type AveragePool2dF32Params } from "../../src/kernels/nn_average_pool2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import {
  type Axis,
  axes,
  clamp,
  clamps,
  expectClose,
  floats,
  permuted,
  seeds,
  windowParams,
  windows,
} from "./float_cases.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

/** With ceil_mode a last window may begin inside the input or its leading padding and stick out behind. */
function ceilWindows(axis: Axis): number {
  const { size, kernel, stride, dilation, begin, end } = axis;
  const count = Math.ceil((size + begin + end - dilation * (kernel - 1) - 1) / stride) + 1;
  return (count - 1) * stride >= size + begin ? count - 1 : count;
}

const pools = fc
  .record({
    batch: sizes(1, 1, 2),
    h: axes,
    w: axes,
    channels: sizes(1, 2, 3, 5, 16, 17),
    ceil_mode: sizes(0, 1),
    count_include_pad: sizes(0, 1),
    clamps,
    seed: seeds,
  })
  .map(({ batch, h, w, channels, ceil_mode, count_include_pad, clamps, seed }) => {
    const count = ceil_mode ? ceilWindows : windows;
    const size = { batch, channels, out_h: count(h), out_w: count(w) };
    const pads = { pad_bottom: h.end, pad_right: w.end, count_include_pad };
    const params = { ...windowParams(h, w), ...size, ...pads, ...clamps };
    const inputs = [floats(batch * h.size * w.size * channels, seed)];
    const outputs = [{ type: "float32" as const, count: batch * size.out_h * size.out_w * channels }];
    return { h, w, ceil_mode, of: { params, inputs, outputs } };
  });

/** Window by window over a function that knows which taps are input, padding or beyond. */
function oracle({ params: p, inputs: [input] }: KernelCase<AveragePool2dF32Params>): number[] {
  const output: number[] = [];
  for (let n = 0; n < p.batch; n++) {
    for (let window = 0; window < p.out_h * p.out_w; window++) {
      const [oy, ox] = [Math.floor(window / p.out_w), window % p.out_w];
      for (let c = 0; c < p.channels; c++) {
        const taps = Array.from({ length: p.kernel_h * p.kernel_w }, (_, k) => {
          const y = oy * p.stride_h - p.pad_top + Math.floor(k / p.kernel_w) * p.dilation_h;
          const x = ox * p.stride_w - p.pad_left + (k % p.kernel_w) * p.dilation_w;
          if (y >= p.in_h + p.pad_bottom || x >= p.in_w + p.pad_right) return undefined;
          if (y >= 0 && y < p.in_h && x >= 0 && x < p.in_w)
            return input[((n * p.in_h + y) * p.in_w + x) * p.channels + c];
          return p.count_include_pad ? 0 : undefined;
        }).filter((tap) => tap !== undefined) as number[];
        output.push(clamp(taps.length ? taps.reduce((a, b) => a + b) / taps.length : 0, p));
      }
    }
  }
  return output;
}

describe("nn_average_pool2d_f32", () => {
  test.each([
    [0, [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4]],
    [1, [0.25, 0.75, 0.5, 1, 2.5, 1.5, 0.75, 1.75, 1]],
  ])("divides by the taps that count: count_include_pad %i", (count_include_pad, expected) => {
    const axis = { size: 2, kernel: 2, stride: 1, dilation: 1, begin: 1, end: 1 };
    const pads = { pad_bottom: 1, pad_right: 1, count_include_pad };
    const size = { batch: 1, channels: 1, out_h: 3, out_w: 3, out_min: -Infinity, out_max: Infinity };
    const params = { ...windowParams(axis, axis), ...pads, ...size };
    const of = { params, inputs: [Float32Array.of(1, 2, 3, 4)], outputs: [{ type: "float32", count: 9 }] as const };
    expect(runTypeScript(kernel, of)).toEqual([Float32Array.from(expected)]);
  });

  test("equals C in every bit and the mean in double precision closely", async () => {
    const cases = sample(pools, 80).map(({ of }) => of);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectClose(results[k][0], oracle(of), () => JSON.stringify(of.params), 2e-6);
    });
  });

  test("agrees with onnxruntime, with ceil_mode and dilations", async () => {
    for (const { h, w, ceil_mode, of } of sample(pools, 40)) {
      const p = of.params;
      const x = {
        shape: [p.batch, p.channels, h.size, w.size],
        data: permuted(of.inputs[0], [p.batch, h.size, w.size, p.channels], [0, 3, 1, 2]),
      };
      const y = await runOnnx("AveragePool", [x], {
        kernel_shape: [h.kernel, w.kernel],
        strides: [h.stride, w.stride],
        dilations: [h.dilation, w.dilation],
        pads: [h.begin, w.begin, h.end, w.end],
        ceil_mode,
        count_include_pad: p.count_include_pad,
      });
      expect(y.shape).toEqual([p.batch, p.channels, p.out_h, p.out_w]);
      const expected = permuted(y.data, y.shape, [0, 2, 3, 1]).map((value) => clamp(value, p));
      expectClose(runTypeScript(kernel, of)[0], expected, () => `${ceil_mode} ${JSON.stringify(p)}`, 2e-6);
    }
  });
});
