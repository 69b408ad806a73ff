/** Generated calls of the kernels on int16 values, made of those of their int8 twins. */
import type { TypedArray } from "../../src/graph/ir.js";
import type { BroadcastParams } from "../../src/kernels/broadcast_params.js";
import type { Conv2dS16Params } from "../../src/kernels/nn_conv2d_s16.js";
import type { DepthwiseConv2dS16Params } from "../../src/kernels/nn_depthwise_conv2d_s16.js";
import type { FullyConnectedS16Params } from "../../src/kernels/nn_fully_connected_s16.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { sample } from "./arbitraries.js";
import { convolutions } from "./conv2d_s8_cases.js";
import { convolutions as depthwiseConvolutions } from "./depthwise_cases.js";
import { products } from "./fully_connected_s8_cases.js";
import type { KernelCase } from "./harness.js";
import type { Layer, Range } from "./int8_layers.js";

/** int8 values with a low byte of their own: all of int16 occurs. */
export const wide = (values: TypedArray): Int16Array =>
  Int16Array.from(values as Int8Array, (value, i) => value * 256 + ((i * 97 + value) & 255));

/** Results of one byte for the even cases, of two for the others. */
export const bytesOf = (index: number): 1 | 2 => (index % 2 === 0 ? 1 : 2);

export const typeOf = (out_bytes: number) => (out_bytes === 1 ? ("int8" as const) : ("int16" as const));

/** The range of results of that size that stands for one of int8 results. */
export function wideRange({ out_zero_point, out_min, out_max }: Range, out_bytes: number): Range {
  if (out_bytes === 1) return { out_zero_point, out_min, out_max };
  return { out_zero_point: 0, out_min: out_min * 256, out_max: out_max === 127 ? 32767 : out_max * 256 };
}

/** A fixed-point multiplier that takes sums 256 times as large to results of that size. */
export function wideMultiplier(multiplier: number, shift: number, out_bytes: number, largest: number) {
  return fixedPoint((multiplier / 2 ** shift) * (out_bytes === 1 ? 2 ** -8 : 1), largest);
}

export interface LayerCase<P extends KernelCase["params"]> extends KernelCase<P> {
  readonly layer: Layer;
}

interface NarrowCase {
  readonly params: Readonly<Record<string, number>> & Range;
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly { readonly count: number }[];
  readonly layer: Layer;
}

/** Sums of so many products stay in int32 with the biases of the cases. */
const MOST_NARROW_TERMS = 500;

function wideCase<P extends KernelCase["params"]>(of: NarrowCase, index: number, hasWideSums: boolean): LayerCase<P> {
  const out_bytes = bytesOf(index);
  const { in_zero_point: _, ...params } = of.params;
  const channels = of.layer.bias.length;
  const terms = of.layer.weights.length / channels;
  const fixed = Array.from(of.layer.multiplier, (multiplier, c) =>
    wideMultiplier(multiplier, of.layer.shift[c], out_bytes, terms * 2 ** 22 + 2 ** 23),
  );
  const layer: Layer = {
    weights: of.layer.weights,
    bias: of.layer.bias.map((bias) => bias * 256),
    multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
    shift: Uint8Array.from(fixed, ({ shift }) => shift),
  };
  const wideSums = terms > MOST_NARROW_TERMS || index % 3 === 0 ? 1 : 0;
  return {
    params: {
      ...params,
      ...wideRange(of.params, out_bytes),
      out_bytes,
      ...(hasWideSums && { wide_sums: wideSums }),
    } as unknown as P,
    inputs: [wide(of.inputs[0])],
    constants: { ...layer },
    outputs: [{ type: typeOf(out_bytes), count: of.outputs[0].count }],
    layer,
  };
}

/** @param count how many */
export const wideConvolutions = (count: number) =>
  sample(convolutions, count).map((of, k) => wideCase<Conv2dS16Params>(of, k, true));

export const wideDepthwise = (count: number) =>
  sample(depthwiseConvolutions(), count).map((of, k) => wideCase<DepthwiseConv2dS16Params>(of, k, false));

export const wideProducts = (count: number) =>
  sample(products, count).map((of, k) => wideCase<FullyConnectedS16Params>(of, k, true));

/** [a, b] for every output element of a kernel that broadcasts, by coordinates. */
export function pairsOf({ shape, a_stride, b_stride }: BroadcastParams, [a, b]: readonly TypedArray[]) {
  const count = shape.reduce((x, y) => x * y, 1);
  const offset = (index: number, stride: readonly number[]) => {
    let rest = index;
    let sum = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      sum += (rest % shape[axis]) * stride[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return sum;
  };
  return Array.from({ length: count }, (_, i) => [Number(a[offset(i, a_stride)]), Number(b[offset(i, b_stride)])]);
}
