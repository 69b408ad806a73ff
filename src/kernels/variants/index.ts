/** Every variant of every kernel. Order does not matter: the chooser compares costs. */
import type { CFunction } from "../kernel.js";
import type { Variant } from "../variant.js";
import add from "./nn_add_s8_dsp.js";
import averagePool from "./nn_average_pool2d_s8_dsp.js";
import convRing from "./nn_conv2d_s8_dsp_ring.js";
import convWindow from "./nn_conv2d_s8_dsp_window.js";
import depthwise3x3 from "./nn_depthwise_conv2d_3x3_s8_dsp.js";
import depthwise3x3Lane from "./nn_depthwise_conv2d_3x3_s8_dsp_lane.js";
import depthwise3x3Stride2 from "./nn_depthwise_conv2d_3x3_stride2_s8_dsp.js";
import depthwise3x3Stride2Lane from "./nn_depthwise_conv2d_3x3_stride2_s8_dsp_lane.js";
import depthwiseAny from "./nn_depthwise_conv2d_any_s8_dsp.js";
import depthwiseAnyLane from "./nn_depthwise_conv2d_any_s8_dsp_lane.js";
import fullyConnected from "./nn_fully_connected_s8_dsp.js";
import lut from "./nn_lut_s8_thumb2.js";
import maxPool from "./nn_max_pool2d_s8_dsp.js";
import mean from "./nn_mean_s8_dsp.js";
import mul from "./nn_mul_s8_dsp.js";

export const variants: readonly Variant[] = [
  add,
  averagePool,
  convRing,
  convWindow,
  depthwise3x3,
  depthwise3x3Lane,
  depthwise3x3Stride2,
  depthwise3x3Stride2Lane,
  depthwiseAny,
  depthwiseAnyLane,
  fullyConnected,
  lut,
  maxPool,
  mean,
  mul,
];

/** The variants of a plain kernel. */
export function variantsOf(kernel: string): readonly Variant[] {
  return variants.filter(({ of }) => of === kernel);
}

/** The C function of a variant by its name. */
export function findVariantFunction(name: string): CFunction | undefined {
  for (const variant of variants) {
    const found = variant.find(name);
    if (found) return found;
  }
  return undefined;
}
