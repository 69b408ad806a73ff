import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type Col2ImF32Params } from "../../src/kernels/nn_col2im_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { expectClose, floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";
import { inVolume, outVolume, taps, volumes } from "./volume_cases.js";

const images: fc.Arbitrary<KernelCase<Col2ImF32Params>> = fc
  .record({ planes: sizes(1, 2, 3), volume: volumes(false), seed: seeds })
  .map(({ planes, volume: { step_d: _d, step_h: _h, step_w: _w, ...v }, seed }) => {
    // A convolution's windows are the blocks of its input.
    const params = {
      ...{ planes, ...v },
      ...{ in_d: v.out_d, in_h: v.out_h, in_w: v.out_w, out_d: v.in_d, out_h: v.in_h, out_w: v.in_w },
    };
    return {
      params,
      inputs: [floats(planes * taps(v) * outVolume(v), seed)],
      outputs: [{ type: "float32", count: planes * inVolume(v) }],
    };
  });

/** Every block element is added where it belongs. */
function scattered({ params: p, inputs: [input] }: KernelCase<Col2ImF32Params>): number[] {
  const output = new Array<number>(p.planes * outVolume(p)).fill(0);
  (input as Float32Array).forEach((value, i) => {
    const block = i % inVolume(p);
    const tap = Math.floor(i / inVolume(p)) % taps(p);
    const plane = Math.floor(i / inVolume(p) / taps(p));
    const x = (block % p.in_w) * p.stride_w - p.pad_left + (tap % p.kernel_w) * p.dilation_w;
    const y =
      (Math.floor(block / p.in_w) % p.in_h) * p.stride_h -
      p.pad_top +
      (Math.floor(tap / p.kernel_w) % p.kernel_h) * p.dilation_h;
    const z =
      Math.floor(block / p.in_w / p.in_h) * p.stride_d -
      p.pad_front +
      Math.floor(tap / p.kernel_w / p.kernel_h) * p.dilation_d;
    if (x < 0 || y < 0 || z < 0 || x >= p.out_w || y >= p.out_h || z >= p.out_d) return;
    output[plane * outVolume(p) + (z * p.out_h + y) * p.out_w + x] += value;
  });
  return output;
}

describe("nn_col2im_f32", () => {
  test("equals C and the blocks added one by one", async () => {
    const cases = sample(images, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectClose(results[k][0], scattered(of), () => JSON.stringify(of.params));
    });
    expect(cases.some(({ params }) => params.in_d > 1)).toBe(true);
  });
});
