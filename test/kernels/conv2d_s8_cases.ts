/** Generated calls of nn_conv2d_s8, for its test and those of its variants. */
import fc from "fast-check";
import type { Conv2dS8Params } from "../../src/kernels/nn_conv2d_s8.js";
import { int8s, sizes } from "./arbitraries.js";
import { axes, windowParams, windows } from "./float_cases.js";
import type { KernelCase } from "./harness.js";
import { foldedConstants, type Layer, layerRange, layers } from "./int8_layers.js";

export interface Convolution extends KernelCase<Conv2dS8Params> {
  readonly layer: Layer;
}

/** Awkward channel counts. */
const dense = fc.record({
  groups: sizes(1),
  groupIn: sizes(1, 3, 4, 5, 7, 15, 16, 17),
  groupOut: sizes(1, 2, 3, 4, 5, 7, 8, 17),
});
const grouped = fc.record({ groups: sizes(2, 3, 5), groupIn: sizes(1, 2, 3, 5), groupOut: sizes(1, 2, 3) });

type Channels = typeof dense;

const convolutionsOf = (channels: Channels): fc.Arbitrary<Convolution> =>
  fc
    .record({ batch: sizes(1, 1, 2), h: axes, w: axes, channels, range: layerRange })
    .chain(({ batch, h, w, channels: { groups, groupIn, groupOut }, range }) => {
      const terms = h.kernel * w.kernel * groupIn;
      const params = {
        batch,
        ...windowParams(h, w),
        in_c: groups * groupIn,
        out_h: windows(h),
        out_w: windows(w),
        out_c: groups * groupOut,
        groups,
        ...range,
      };
      return fc
        .tuple(int8s(batch * h.size * w.size * params.in_c), layers(params.out_c, terms))
        .map(([input, layer]) => convolution(params, input, layer));
    });

/** With one group. */
export const denseConvolutions = convolutionsOf(dense);

/** With and without groups. */
export const convolutions = convolutionsOf(fc.oneof(dense, grouped));

export function convolution(params: Conv2dS8Params, input: Int8Array, layer: Layer): Convolution {
  const terms = layer.weights.length / params.out_c;
  const count = params.batch * params.out_h * params.out_w * params.out_c;
  return {
    params,
    inputs: [input],
    constants: foldedConstants(layer, params.in_zero_point, (i) => Math.floor(i / terms)),
    outputs: [{ type: "int8", count }],
    layer,
  };
}

export const ONE_PIXEL: Conv2dS8Params = {
  batch: 1,
  in_h: 1,
  in_w: 1,
  in_c: 2,
  out_h: 1,
  out_w: 1,
  out_c: 1,
  kernel_h: 1,
  kernel_w: 1,
  stride_h: 1,
  stride_w: 1,
  dilation_h: 1,
  dilation_w: 1,
  pad_top: 0,
  pad_left: 0,
  groups: 1,
  in_zero_point: -1,
  out_zero_point: 3,
  out_min: -128,
  out_max: 127,
};
