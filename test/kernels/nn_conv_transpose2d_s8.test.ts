import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { type ConvTranspose2dS8Params } from "../../src/kernels/nn_conv_transpose2d_s8.js";
import { int8s, sample, sizes } from "./arbitraries.js";
import { spread, transposedLanding } from "./convolution_oracle.js";
import { expectTwinsAgree, type KernelCase, runTypeScript } from "./harness.js";
import {
  expectMostlyUnclamped,
  expectRequantized,
  foldedConstants,
  type Layer,
  layerRange,
  layers,
} from "./int8_layers.js";

interface Convolution extends KernelCase<ConvTranspose2dS8Params> {
  readonly layer: Layer;
}

/** One spatial axis; `out` follows ConvTranspose-11 with `extra` as output_padding. */
const axes = fc
  .record({
    size: sizes(1, 2, 3, 5),
    kernel: sizes(1, 2, 3, 4),
    stride: sizes(1, 2, 2, 3),
    dilation: sizes(1, 1, 2, 3),
    begin: sizes(0, 0, 1, 2),
    end: sizes(0, 1, 2),
    extra: sizes(0, 0, 1, 2),
  })
  .filter(({ extra, stride }) => extra < stride)
  .map((axis) => ({
    ...axis,
    out: axis.stride * (axis.size - 1) + (axis.kernel - 1) * axis.dilation + 1 + axis.extra - axis.begin - axis.end,
  }))
  .filter(({ out }) => out >= 1);

const channels = fc.oneof(
  fc.record({ groups: fc.constant(1), groupIn: sizes(1, 3, 5, 7, 15, 17), groupOut: sizes(1, 2, 3, 5) }),
  fc.record({ groups: sizes(2, 3), groupIn: sizes(1, 2, 3), groupOut: sizes(1, 2, 3) }),
);

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({ batch: sizes(1, 1, 2), h: axes, w: axes, channels, range: layerRange })
  .chain(({ batch, h, w, channels: { groups, groupIn, groupOut }, range }) => {
    const params = {
      batch,
      in_h: h.size,
      in_w: w.size,
      in_c: groups * groupIn,
      out_h: h.out,
      out_w: w.out,
      out_c: groups * groupOut,
      kernel_h: h.kernel,
      kernel_w: w.kernel,
      stride_h: h.stride,
      stride_w: w.stride,
      dilation_h: h.dilation,
      dilation_w: w.dilation,
      pad_top: h.begin,
      pad_left: w.begin,
      groups,
      ...range,
    };
    return fc
      .tuple(int8s(batch * h.size * w.size * params.in_c), layers(params.out_c, h.kernel * w.kernel * groupIn))
      .map(([input, layer]) => convolution(params, input, layer));
  });

function convolution(params: ConvTranspose2dS8Params, input: Int8Array, layer: Layer): Convolution {
  const terms = layer.weights.length / params.out_c;
  return {
    params,
    inputs: [input],
    constants: foldedConstants(layer, params.in_zero_point, (i) => Math.floor(i / terms)),
    outputs: [{ type: "int8", count: params.batch * params.out_h * params.out_w * params.out_c }],
    layer,
  };
}

function realSums({ params: p, inputs, layer }: Convolution): number[] {
  const groupIn = p.in_c / p.groups;
  return spread(
    p,
    transposedLanding(p.stride_h, p.dilation_h, p.pad_top),
    transposedLanding(p.stride_w, p.dilation_w, p.pad_left),
    Float32Array.from(inputs[0] as Int8Array, (q) => q - p.in_zero_point),
    (oc, ky, kx, ic) => layer.weights[((oc * p.kernel_h + ky) * p.kernel_w + kx) * groupIn + ic],
    Float32Array.from(layer.bias),
  );
}

describe("nn_conv_transpose2d_s8", () => {
  test("spreads each pixel over the kernel", () => {
    const params: ConvTranspose2dS8Params = {
      batch: 1,
      in_h: 1,
      in_w: 2,
      in_c: 1,
      out_h: 1,
      out_w: 5,
      out_c: 1,
      kernel_h: 1,
      kernel_w: 3,
      stride_h: 1,
      stride_w: 2,
      dilation_h: 1,
      dilation_w: 1,
      pad_top: 0,
      pad_left: 0,
      groups: 1,
      in_zero_point: 4,
      out_zero_point: 0,
      out_min: -128,
      out_max: 127,
    };
    const layer = {
      weights: Int8Array.of(1, 2, 3),
      bias: Int32Array.of(100),
      multiplier: Int32Array.of(2 ** 30),
      shift: Uint8Array.of(30),
    };
    // Real inputs 1 and 5 two columns apart: 1 2 3+5 10 15, on top of the bias.
    const [output] = runTypeScript(kernel, convolution(params, Int8Array.of(5, 9), layer));
    expect(output).toEqual(Int8Array.of(101, 102, 108, 110, 115));
  });

  test("equals C and the real transposed convolution", async () => {
    const cases = sample(convolutions, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach((of, k) => {
      expectRequantized(results[k][0], realSums(of), of.layer, of.params, `case ${k}, ${JSON.stringify(of.params)}`);
    });
    expectMostlyUnclamped(
      results.map(([output]) => output),
      cases.map(({ params }) => params),
    );
  });
});
