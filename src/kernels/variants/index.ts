/** Every variant of every kernel. Order does not matter: the chooser compares costs. */
import type { CFunction } from "../kernel.js";
import type { Variant } from "../variant.js";
import nn_conv2d_s8_dsp_ring from "./nn_conv2d_s8_dsp_ring.js";
import nn_conv2d_s8_dsp_window from "./nn_conv2d_s8_dsp_window.js";
import nn_fully_connected_s8_dsp from "./nn_fully_connected_s8_dsp.js";

export const variants: readonly Variant[] = [nn_conv2d_s8_dsp_ring, nn_conv2d_s8_dsp_window, nn_fully_connected_s8_dsp];

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
