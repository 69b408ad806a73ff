import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type MaxPoolIndicesF32Params } from "../../src/kernels/nn_max_pool_indices_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";
import { inVolume, outVolume, volumes } from "./volume_cases.js";

const pools: fc.Arbitrary<KernelCase<MaxPoolIndicesF32Params>> = fc
  .record({ planes: sizes(1, 2, 3), volume: volumes(false), columnMajor: fc.boolean(), seed: seeds })
  .map(({ planes, volume: { step_d: _d, step_h: _h, step_w: _w, ...p }, columnMajor, seed }) => ({
    params: {
      planes,
      ...p,
      ...(columnMajor
        ? { index_stride_d: 1, index_stride_h: p.in_d, index_stride_w: p.in_d * p.in_h }
        : { index_stride_d: p.in_h * p.in_w, index_stride_h: p.in_w, index_stride_w: 1 }),
    },
    // Few different values: ties.
    inputs: [floats(planes * inVolume(p), seed).map(Math.round)],
    outputs: [
      { type: "float32", count: planes * outVolume(p) },
      { type: "int64", count: planes * outVolume(p) },
    ],
  }));

/** Every input element in order, with the outputs whose windows hold it. */
function naive({ params: p, inputs }: KernelCase<MaxPoolIndicesF32Params>) {
  const input = inputs[0] as Float32Array;
  const values = new Float32Array(p.planes * outVolume(p)).fill(-Infinity);
  const indices = new Array<bigint>(values.length).fill(-1n);
  const covered = (at: number, o: number, stride: number, pad: number, dilation: number, kernel: number) => {
    const tap = (at - o * stride + pad) / dilation;
    return Number.isInteger(tap) && tap >= 0 && tap < kernel;
  };
  input.forEach((value, i) => {
    const plane = Math.floor(i / inVolume(p));
    const [x, y, z] = [i % p.in_w, Math.floor(i / p.in_w) % p.in_h, Math.floor(i / p.in_w / p.in_h) % p.in_d];
    for (let o = 0; o < outVolume(p); o++) {
      const [ox, oy, oz] = [o % p.out_w, Math.floor(o / p.out_w) % p.out_h, Math.floor(o / p.out_w / p.out_h)];
      if (!covered(x, ox, p.stride_w, p.pad_left, p.dilation_w, p.kernel_w)) continue;
      if (!covered(y, oy, p.stride_h, p.pad_top, p.dilation_h, p.kernel_h)) continue;
      if (!covered(z, oz, p.stride_d, p.pad_front, p.dilation_d, p.kernel_d)) continue;
      const to = plane * outVolume(p) + o;
      if (!(value > values[to])) continue;
      values[to] = value;
      const position = x * p.index_stride_w + y * p.index_stride_h + z * p.index_stride_d;
      indices[to] = BigInt(plane * inVolume(p) + position);
    }
  });
  return [values, BigInt64Array.from(indices)];
}

describe("nn_max_pool_indices_f32", () => {
  test("equals C and the first maximum of every window", async () => {
    const cases = sample(pools, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expect(results[k], JSON.stringify(of.params)).toEqual(naive(of));
    });
  });
});
