/**
 * The kernel table: kernels with a C file of their own, and families printed from templates. A test checks that the
 * table, `src/kernels/` and `runtime-c/src/` list the same names.
 */
import { invariant } from "../errors.js";
import { argFamily } from "./families/arg.js";
import { binaryFamily } from "./families/binary.js";
import { castFamily } from "./families/cast.js";
import { cumulativeFamily } from "./families/cumulative.js";
import type { Family } from "./families/family.js";
import { matmulFamily } from "./families/matmul.js";
import { recurrentFamily } from "./families/recurrent.js";
import { reduceFamily } from "./families/reduce.js";
import { scatterFamily } from "./families/scatter.js";
import { topFamily } from "./families/top.js";
import { unaryFamily } from "./families/unary.js";
import { uniqueFamily } from "./families/unique.js";
import type { CFunction, Kernel } from "./kernel.js";
import nn_add_s8 from "./nn_add_s8.js";
import nn_add_s16 from "./nn_add_s16.js";
import nn_average_pool2d_f32 from "./nn_average_pool2d_f32.js";
import nn_average_pool2d_s8 from "./nn_average_pool2d_s8.js";
import nn_average_pool2d_s16 from "./nn_average_pool2d_s16.js";
import nn_col2im_f32 from "./nn_col2im_f32.js";
import nn_compress from "./nn_compress.js";
import nn_concat from "./nn_concat.js";
import nn_conv_transpose2d_f32 from "./nn_conv_transpose2d_f32.js";
import nn_conv_transpose2d_s8 from "./nn_conv_transpose2d_s8.js";
import nn_conv2d_f32 from "./nn_conv2d_f32.js";
import nn_conv2d_s8 from "./nn_conv2d_s8.js";
import nn_conv2d_s16 from "./nn_conv2d_s16.js";
import nn_conv3d_f32 from "./nn_conv3d_f32.js";
import nn_conv3d_s8 from "./nn_conv3d_s8.js";
import nn_deform_conv2d_f32 from "./nn_deform_conv2d_f32.js";
import nn_depthwise_conv2d_f32 from "./nn_depthwise_conv2d_f32.js";
import nn_depthwise_conv2d_s8 from "./nn_depthwise_conv2d_s8.js";
import nn_depthwise_conv2d_s16 from "./nn_depthwise_conv2d_s16.js";
import nn_dequantize_s8_f32 from "./nn_dequantize_s8_f32.js";
import nn_dequantize_s16_f32 from "./nn_dequantize_s16_f32.js";
import nn_det_f32 from "./nn_det_f32.js";
import nn_fft_f32 from "./nn_fft_f32.js";
import nn_fully_connected_f32 from "./nn_fully_connected_f32.js";
import nn_fully_connected_s8 from "./nn_fully_connected_s8.js";
import nn_fully_connected_s16 from "./nn_fully_connected_s16.js";
import nn_gather from "./nn_gather.js";
import nn_grid_sample_f32 from "./nn_grid_sample_f32.js";
import nn_log_softmax_f32 from "./nn_log_softmax_f32.js";
import nn_log_softmax_s8 from "./nn_log_softmax_s8.js";
import nn_lut_s8 from "./nn_lut_s8.js";
import nn_matmul_f32 from "./nn_matmul_f32.js";
import nn_matmul_s8 from "./nn_matmul_s8.js";
import nn_max_pool_indices_f32 from "./nn_max_pool_indices_f32.js";
import nn_max_pool2d_f32 from "./nn_max_pool2d_f32.js";
import nn_max_pool2d_s8 from "./nn_max_pool2d_s8.js";
import nn_max_pool2d_s16 from "./nn_max_pool2d_s16.js";
import nn_max_unpool from "./nn_max_unpool.js";
import nn_mean_f32 from "./nn_mean_f32.js";
import nn_mean_s8 from "./nn_mean_s8.js";
import nn_mean_s16 from "./nn_mean_s16.js";
import nn_mul_s8 from "./nn_mul_s8.js";
import nn_mul_s16 from "./nn_mul_s16.js";
import nn_ngrams_i32 from "./nn_ngrams_i32.js";
import nn_non_max_suppression_f32 from "./nn_non_max_suppression_f32.js";
import nn_nonzero from "./nn_nonzero.js";
import nn_normalize_f32 from "./nn_normalize_f32.js";
import nn_normalize_s8 from "./nn_normalize_s8.js";
import nn_pad from "./nn_pad.js";
import nn_quantize_f32_s8 from "./nn_quantize_f32_s8.js";
import nn_quantize_f32_s16 from "./nn_quantize_f32_s16.js";
import nn_requantize_s32_s8 from "./nn_requantize_s32_s8.js";
import nn_resample_f32 from "./nn_resample_f32.js";
import nn_resample_s8 from "./nn_resample_s8.js";
import nn_resize_nearest from "./nn_resize_nearest.js";
import nn_roi_align_f32 from "./nn_roi_align_f32.js";
import nn_scatter from "./nn_scatter.js";
import nn_slice from "./nn_slice.js";
import nn_softmax_f32 from "./nn_softmax_f32.js";
import nn_softmax_s8 from "./nn_softmax_s8.js";
import nn_sum_rows_s8 from "./nn_sum_rows_s8.js";
import nn_transpose from "./nn_transpose.js";
import nn_where from "./nn_where.js";
import nn_widen_s8_s16 from "./nn_widen_s8_s16.js";
import { findVariantFunction } from "./variants/index.js";

const table: readonly Kernel[] = [
  nn_add_s16,
  nn_average_pool2d_s16,
  nn_conv2d_s16,
  nn_depthwise_conv2d_s16,
  nn_dequantize_s16_f32,
  nn_fully_connected_s16,
  nn_max_pool2d_s16,
  nn_mean_s16,
  nn_mul_s16,
  nn_quantize_f32_s16,
  nn_widen_s8_s16,
  nn_add_s8,
  nn_average_pool2d_f32,
  nn_average_pool2d_s8,
  nn_col2im_f32,
  nn_compress,
  nn_concat,
  nn_conv2d_f32,
  nn_conv2d_s8,
  nn_conv3d_f32,
  nn_conv3d_s8,
  nn_conv_transpose2d_f32,
  nn_conv_transpose2d_s8,
  nn_deform_conv2d_f32,
  nn_depthwise_conv2d_f32,
  nn_depthwise_conv2d_s8,
  nn_dequantize_s8_f32,
  nn_det_f32,
  nn_fft_f32,
  nn_fully_connected_f32,
  nn_fully_connected_s8,
  nn_grid_sample_f32,
  nn_log_softmax_f32,
  nn_log_softmax_s8,
  nn_gather,
  nn_lut_s8,
  nn_matmul_f32,
  nn_matmul_s8,
  nn_max_pool2d_f32,
  nn_max_pool2d_s8,
  nn_max_pool_indices_f32,
  nn_max_unpool,
  nn_mean_f32,
  nn_mean_s8,
  nn_mul_s8,
  nn_ngrams_i32,
  nn_non_max_suppression_f32,
  nn_nonzero,
  nn_normalize_f32,
  nn_normalize_s8,
  nn_pad,
  nn_quantize_f32_s8,
  nn_requantize_s32_s8,
  nn_resample_f32,
  nn_resample_s8,
  nn_resize_nearest,
  nn_roi_align_f32,
  nn_scatter,
  nn_slice,
  nn_softmax_f32,
  nn_softmax_s8,
  nn_sum_rows_s8,
  nn_transpose,
  nn_where,
];

export const kernels: ReadonlyMap<string, Kernel> = new Map(table.map((kernel) => [kernel.name, kernel]));

export const families: readonly Family[] = [
  unaryFamily,
  binaryFamily,
  castFamily,
  reduceFamily,
  argFamily,
  topFamily,
  cumulativeFamily,
  matmulFamily,
  scatterFamily,
  uniqueFamily,
  recurrentFamily,
];

export function findKernel(name: string): Kernel | undefined {
  const own = kernels.get(name);
  if (own) return own;
  for (const family of families) {
    const kernel = family.find(name);
    if (kernel) return kernel;
  }
  return undefined;
}

/** The C function of that name, of a plain kernel or of a variant. */
export function findCFunction(name: string): CFunction | undefined {
  return findKernel(name) ?? findVariantFunction(name);
}

export function cFunctionOf(name: string): CFunction {
  const found = findCFunction(name);
  invariant(found, `no C function ${name}`);
  return found;
}

export function kernelOf(name: string): Kernel {
  const kernel = findKernel(name);
  invariant(kernel, `no kernel ${name}`);
  return kernel;
}
