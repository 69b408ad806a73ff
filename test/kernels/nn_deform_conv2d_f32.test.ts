import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type DeformConv2dF32Params } from "../../src/kernels/nn_deform_conv2d_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { axes, expectClose, floats, seeds, windowParams, windows } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

const convolutions: fc.Arbitrary<KernelCase<DeformConv2dF32Params>> = fc
  .record({
    batch: sizes(1, 2),
    h: axes,
    w: axes,
    groups: sizes(1, 2),
    offset_groups: sizes(1, 2),
    groupIn: sizes(1, 2),
    groupOut: sizes(1, 3),
    masked: sizes(0, 1),
    spread: fc.constantFrom(1, 3, 1e20, Number.NaN),
    seed: seeds,
  })
  .map(({ batch, h, w, groups, offset_groups, groupIn, groupOut, masked, spread, seed }) => {
    const params = {
      ...{ batch, in_c: groups * offset_groups * groupIn, out_c: groups * groupOut },
      ...{ ...windowParams(h, w), out_h: windows(h), out_w: windows(w), groups, offset_groups, masked },
    };
    const area = params.out_h * params.out_w;
    const moved = batch * offset_groups * h.kernel * w.kernel * area;
    const offset = floats(2 * moved, seed + 2).map((x) => x * spread);
    return {
      params,
      inputs: [
        floats(batch * params.in_c * h.size * w.size, seed),
        floats(params.out_c * offset_groups * groupIn * h.kernel * w.kernel, seed + 1),
        offset,
        floats(params.out_c, seed + 3),
        masked ? floats(moved, seed + 4) : offset,
      ],
      outputs: [{ type: "float32", count: batch * params.out_c * area }],
    };
  });

/** In double precision: every pixel counts by its distance from the moved tap. */
function oracle({ params: p, inputs }: KernelCase<DeformConv2dF32Params>): number[] {
  const [input, weights, offset, bias, mask] = inputs as readonly Float32Array[];
  const area = p.out_h * p.out_w;
  const taps = p.kernel_h * p.kernel_w;
  const groupIn = p.in_c / p.groups;
  return Array.from({ length: p.batch * p.out_c * area }, (_, i) => {
    const out = i % area;
    const oc = Math.floor(i / area) % p.out_c;
    const n = Math.floor(i / area / p.out_c);
    let sum = bias[oc];
    for (let k = 0; k < groupIn * taps; k++) {
      const tap = k % taps;
      const ic = Math.floor(oc / (p.out_c / p.groups)) * groupIn + Math.floor(k / taps);
      const moved = (n * p.offset_groups + Math.floor((ic * p.offset_groups) / p.in_c)) * taps + tap;
      const y0 = Math.floor(out / p.out_w) * p.stride_h - p.pad_top + Math.floor(tap / p.kernel_w) * p.dilation_h;
      const x0 = (out % p.out_w) * p.stride_w - p.pad_left + (tap % p.kernel_w) * p.dilation_w;
      const y = y0 + offset[2 * moved * area + out];
      const x = x0 + offset[(2 * moved + 1) * area + out];
      for (let pixel = 0; pixel < p.in_h * p.in_w; pixel++) {
        const near = (distance: number) => (Math.abs(distance) < 1 ? 1 - Math.abs(distance) : 0);
        const weight = near(Math.floor(pixel / p.in_w) - y) * near((pixel % p.in_w) - x);
        const value = weight * input[(n * p.in_c + ic) * p.in_h * p.in_w + pixel];
        sum += value * weights[oc * groupIn * taps + k] * (p.masked ? mask[moved * area + out] : 1);
      }
    }
    return sum;
  });
}

describe("nn_deform_conv2d_f32", () => {
  test("equals C and the convolution in double precision", async () => {
    const cases = sample(convolutions, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectClose(results[k][0], oracle(of), () => JSON.stringify(of.params));
    });
    expect(cases.some(({ params: p }) => p.masked === 1 && p.offset_groups > 1 && p.groups > 1)).toBe(true);
  });
});
