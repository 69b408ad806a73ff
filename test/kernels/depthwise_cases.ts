/** Generated depthwise convolutions in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import type { DepthwiseConv2dS8Params } from "../../src/kernels/nn_depthwise_conv2d_s8.js";
import { int8s, sizes } from "./arbitraries.js";
import { type Axis, axes, windowParams, windows } from "./float_cases.js";
import type { KernelCase } from "./harness.js";
import { foldedConstants, type Layer, layerRange, layers } from "./int8_layers.js";

/** With its layer before the input zero point is folded in. */
export interface Convolution extends KernelCase<DepthwiseConv2dS8Params> {
  readonly layer: Layer;
}

const channels = fc.oneof(
  fc.record({ in_c: sizes(1, 3, 4, 5, 7, 8, 15, 17), channel_multiplier: fc.constant(1) }),
  fc.record({ in_c: sizes(1, 2, 3, 5), channel_multiplier: sizes(2, 3, 8) }),
);

/** @param axis axes of the image with the kernel on them */
export function convolutions(axis: fc.Arbitrary<Axis> = axes): fc.Arbitrary<Convolution> {
  const parts = fc.record({ batch: sizes(1, 1, 2), h: axis, w: axis, channels, range: layerRange });
  return parts.chain(({ batch, h, w, channels: { in_c, channel_multiplier }, range }) => {
    const out_c = in_c * channel_multiplier;
    const params = {
      batch,
      ...windowParams(h, w),
      in_c,
      out_h: windows(h),
      out_w: windows(w),
      out_c,
      channel_multiplier,
      ...range,
    };
    return fc
      .tuple(int8s(batch * h.size * w.size * in_c), layers(out_c, h.kernel * w.kernel))
      .map(([input, layer]) => convolution(params, input, layer));
  });
}

export function convolution(params: DepthwiseConv2dS8Params, input: Int8Array, layer: Layer): Convolution {
  const count = params.batch * params.out_h * params.out_w * params.out_c;
  return {
    params,
    inputs: [input],
    constants: foldedConstants(layer, params.in_zero_point, (i) => i % params.out_c),
    outputs: [{ type: "int8", count }],
    layer,
  };
}
