/** Every variant of every kernel. Order does not matter: the chooser compares costs. */

import type { Step } from "../../graph/program.js";
import type { CFunction } from "../kernel.js";
import { ANY_CORE, type Variant } from "../variant.js";
import nn_add_s8_dsp from "./nn_add_s8_dsp.js";
import nn_add_s8_mve from "./nn_add_s8_mve.js";
import nn_average_pool2d_s8_dsp from "./nn_average_pool2d_s8_dsp.js";
import nn_average_pool2d_s8_mve from "./nn_average_pool2d_s8_mve.js";
import nn_conv2d_s4 from "./nn_conv2d_s4.js";
import nn_conv2d_s4_dsp from "./nn_conv2d_s4_dsp.js";
import nn_conv2d_s4_mve from "./nn_conv2d_s4_mve.js";
import nn_conv2d_s8_armv6m from "./nn_conv2d_s8_armv6m.js";
import nn_conv2d_s8_avr from "./nn_conv2d_s8_avr.js";
import nn_conv2d_s8_dsp_ring from "./nn_conv2d_s8_dsp_ring.js";
import nn_conv2d_s8_dsp_unrolled from "./nn_conv2d_s8_dsp_unrolled.js";
import nn_conv2d_s8_dsp_window from "./nn_conv2d_s8_dsp_window.js";
import nn_conv2d_s8_mve from "./nn_conv2d_s8_mve.js";
import nn_conv2d_s8_rv32im from "./nn_conv2d_s8_rv32im.js";
import nn_conv2d_s8_thumb2 from "./nn_conv2d_s8_thumb2.js";
import nn_conv2d_s16_dsp from "./nn_conv2d_s16_dsp.js";
import nn_conv2d_s16_mve from "./nn_conv2d_s16_mve.js";
import nn_depthwise_conv2d_3x3_s8_dsp from "./nn_depthwise_conv2d_3x3_s8_dsp.js";
import nn_depthwise_conv2d_3x3_s8_dsp_lane from "./nn_depthwise_conv2d_3x3_s8_dsp_lane.js";
import nn_depthwise_conv2d_3x3_stride2_s8_dsp from "./nn_depthwise_conv2d_3x3_stride2_s8_dsp.js";
import nn_depthwise_conv2d_3x3_stride2_s8_dsp_lane from "./nn_depthwise_conv2d_3x3_stride2_s8_dsp_lane.js";
import nn_depthwise_conv2d_any_s8_dsp from "./nn_depthwise_conv2d_any_s8_dsp.js";
import nn_depthwise_conv2d_any_s8_dsp_lane from "./nn_depthwise_conv2d_any_s8_dsp_lane.js";
import nn_depthwise_conv2d_any_s8_mve from "./nn_depthwise_conv2d_any_s8_mve.js";
import nn_depthwise_conv2d_s8_armv6m from "./nn_depthwise_conv2d_s8_armv6m.js";
import nn_depthwise_conv2d_s8_avr from "./nn_depthwise_conv2d_s8_avr.js";
import nn_depthwise_conv2d_s8_mve from "./nn_depthwise_conv2d_s8_mve.js";
import nn_depthwise_conv2d_s8_rv32im from "./nn_depthwise_conv2d_s8_rv32im.js";
import nn_depthwise_conv2d_s8_thumb2 from "./nn_depthwise_conv2d_s8_thumb2.js";
import nn_depthwise_conv2d_s16_dsp from "./nn_depthwise_conv2d_s16_dsp.js";
import nn_depthwise_conv2d_s16_mve from "./nn_depthwise_conv2d_s16_mve.js";
import nn_fully_connected_s4 from "./nn_fully_connected_s4.js";
import nn_fully_connected_s4_dsp from "./nn_fully_connected_s4_dsp.js";
import nn_fully_connected_s4_mve from "./nn_fully_connected_s4_mve.js";
import nn_fully_connected_s8_armv6m from "./nn_fully_connected_s8_armv6m.js";
import nn_fully_connected_s8_avr from "./nn_fully_connected_s8_avr.js";
import nn_fully_connected_s8_compact from "./nn_fully_connected_s8_compact.js";
import nn_fully_connected_s8_dsp from "./nn_fully_connected_s8_dsp.js";
import nn_fully_connected_s8_mve from "./nn_fully_connected_s8_mve.js";
import nn_fully_connected_s8_rv32im from "./nn_fully_connected_s8_rv32im.js";
import nn_fully_connected_s8_thumb2 from "./nn_fully_connected_s8_thumb2.js";
import nn_fully_connected_s16_dsp from "./nn_fully_connected_s16_dsp.js";
import nn_fully_connected_s16_mve from "./nn_fully_connected_s16_mve.js";
import nn_lut_s8_mve from "./nn_lut_s8_mve.js";
import nn_lut_s8_thumb2 from "./nn_lut_s8_thumb2.js";
import nn_max_pool2d_s8_dsp from "./nn_max_pool2d_s8_dsp.js";
import nn_mean_s8_dsp from "./nn_mean_s8_dsp.js";
import nn_mul_s8_dsp from "./nn_mul_s8_dsp.js";
import nn_pointwise_conv2d_s8_dsp from "./nn_pointwise_conv2d_s8_dsp.js";
import nn_pointwise_conv2d_s8_mve from "./nn_pointwise_conv2d_s8_mve.js";

export const variants: readonly Variant[] = [
  nn_conv2d_s16_dsp,
  nn_conv2d_s16_mve,
  nn_depthwise_conv2d_s16_dsp,
  nn_depthwise_conv2d_s16_mve,
  nn_fully_connected_s16_dsp,
  nn_fully_connected_s16_mve,
  nn_add_s8_dsp,
  nn_add_s8_mve,
  nn_average_pool2d_s8_dsp,
  nn_average_pool2d_s8_mve,
  nn_conv2d_s4,
  nn_conv2d_s4_dsp,
  nn_conv2d_s4_mve,
  nn_conv2d_s8_armv6m,
  nn_conv2d_s8_avr,
  nn_conv2d_s8_dsp_ring,
  nn_conv2d_s8_dsp_unrolled,
  nn_conv2d_s8_dsp_window,
  nn_conv2d_s8_mve,
  nn_conv2d_s8_rv32im,
  nn_conv2d_s8_thumb2,
  nn_depthwise_conv2d_3x3_s8_dsp,
  nn_depthwise_conv2d_3x3_s8_dsp_lane,
  nn_depthwise_conv2d_3x3_stride2_s8_dsp,
  nn_depthwise_conv2d_3x3_stride2_s8_dsp_lane,
  nn_depthwise_conv2d_any_s8_dsp,
  nn_depthwise_conv2d_any_s8_dsp_lane,
  nn_depthwise_conv2d_any_s8_mve,
  nn_depthwise_conv2d_s8_armv6m,
  nn_depthwise_conv2d_s8_avr,
  nn_depthwise_conv2d_s8_mve,
  nn_depthwise_conv2d_s8_rv32im,
  nn_depthwise_conv2d_s8_thumb2,
  nn_fully_connected_s4,
  nn_fully_connected_s4_dsp,
  nn_fully_connected_s4_mve,
  nn_fully_connected_s8_armv6m,
  nn_fully_connected_s8_avr,
  nn_fully_connected_s8_compact,
  nn_fully_connected_s8_dsp,
  nn_fully_connected_s8_mve,
  nn_fully_connected_s8_rv32im,
  nn_fully_connected_s8_thumb2,
  nn_lut_s8_mve,
  nn_lut_s8_thumb2,
  nn_max_pool2d_s8_dsp,
  nn_mean_s8_dsp,
  nn_mul_s8_dsp,
  nn_pointwise_conv2d_s8_dsp,
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

/** Whether the firmware calls portable C for a step, which some variants are, too. */
export const isPortable = ({ kernel, implementation }: Pick<Step, "kernel" | "implementation">): boolean =>
  implementation === undefined ||
  variantsOf(kernel).some(({ name, isa }) => name === implementation.variant && isa === ANY_CORE);
