/** Every variant of every kernel. Order does not matter: the chooser compares costs. */
import type { CFunction } from "../kernel.js";
import type { Variant } from "../variant.js";
import nn_add_s8_mve from "./nn_add_s8_mve.js";
import nn_average_pool2d_s8_mve from "./nn_average_pool2d_s8_mve.js";
import nn_conv2d_s8_mve from "./nn_conv2d_s8_mve.js";
import nn_depthwise_conv2d_any_s8_mve from "./nn_depthwise_conv2d_any_s8_mve.js";
import nn_depthwise_conv2d_s8_mve from "./nn_depthwise_conv2d_s8_mve.js";
import nn_fully_connected_s8_mve from "./nn_fully_connected_s8_mve.js";
import nn_lut_s8_mve from "./nn_lut_s8_mve.js";
import nn_pointwise_conv2d_s8_mve from "./nn_pointwise_conv2d_s8_mve.js";

export const variants: readonly Variant[] = [
  nn_add_s8_mve,
  nn_average_pool2d_s8_mve,
  nn_conv2d_s8_mve,
  nn_depthwise_conv2d_any_s8_mve,
  nn_depthwise_conv2d_s8_mve,
  nn_fully_connected_s8_mve,
  nn_lut_s8_mve,
  nn_pointwise_conv2d_s8_mve,
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
