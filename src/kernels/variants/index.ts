/** Every variant of every kernel. Order does not matter: the chooser compares costs. */
import type { CFunction } from "../kernel.js";
import type { Variant } from "../variant.js";
import convArmv6m from "./nn_conv2d_s8_armv6m.js";
import convRv32im from "./nn_conv2d_s8_rv32im.js";
import convThumb2 from "./nn_conv2d_s8_thumb2.js";
import depthwiseArmv6m from "./nn_depthwise_conv2d_s8_armv6m.js";
import depthwiseRv32im from "./nn_depthwise_conv2d_s8_rv32im.js";
import depthwiseThumb2 from "./nn_depthwise_conv2d_s8_thumb2.js";
import fullyConnectedArmv6m from "./nn_fully_connected_s8_armv6m.js";
import fullyConnectedRv32im from "./nn_fully_connected_s8_rv32im.js";
import fullyConnectedThumb2 from "./nn_fully_connected_s8_thumb2.js";

export const variants: readonly Variant[] = [
  convArmv6m,
  convRv32im,
  convThumb2,
  depthwiseArmv6m,
  depthwiseRv32im,
  depthwiseThumb2,
  fullyConnectedArmv6m,
  fullyConnectedRv32im,
  fullyConnectedThumb2,
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
