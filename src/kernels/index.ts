/** The kernel table. A test checks that it, `src/kernels/` and `runtime-c/src/` list the same names. */
import { invariant } from "../errors.js";
import type { Kernel } from "./kernel.js";
import nn_add_s8 from "./nn_add_s8.js";
import nn_average_pool2d_f32 from "./nn_average_pool2d_f32.js";
import nn_average_pool2d_s8 from "./nn_average_pool2d_s8.js";
import nn_binary_f32 from "./nn_binary_f32.js";
import nn_concat from "./nn_concat.js";
import nn_conv_transpose2d_f32 from "./nn_conv_transpose2d_f32.js";
import nn_conv_transpose2d_s8 from "./nn_conv_transpose2d_s8.js";
import nn_conv2d_f32 from "./nn_conv2d_f32.js";
import nn_conv2d_s8 from "./nn_conv2d_s8.js";
import nn_depthwise_conv2d_f32 from "./nn_depthwise_conv2d_f32.js";
import nn_depthwise_conv2d_s8 from "./nn_depthwise_conv2d_s8.js";
import nn_dequantize_s8_f32 from "./nn_dequantize_s8_f32.js";
import nn_fully_connected_f32 from "./nn_fully_connected_f32.js";
import nn_fully_connected_s8 from "./nn_fully_connected_s8.js";
import nn_lut_s8 from "./nn_lut_s8.js";
import nn_matmul_f32 from "./nn_matmul_f32.js";
import nn_matmul_s8 from "./nn_matmul_s8.js";
import nn_max_pool2d_f32 from "./nn_max_pool2d_f32.js";
import nn_max_pool2d_s8 from "./nn_max_pool2d_s8.js";
import nn_mean_f32 from "./nn_mean_f32.js";
import nn_mean_s8 from "./nn_mean_s8.js";
import nn_mul_s8 from "./nn_mul_s8.js";
import nn_pad from "./nn_pad.js";
import nn_quantize_f32_s8 from "./nn_quantize_f32_s8.js";
import nn_resize_nearest from "./nn_resize_nearest.js";
import nn_slice from "./nn_slice.js";
import nn_softmax_f32 from "./nn_softmax_f32.js";
import nn_softmax_s8 from "./nn_softmax_s8.js";
import nn_transpose from "./nn_transpose.js";
import nn_unary_f32 from "./nn_unary_f32.js";

const table: readonly Kernel[] = [
  nn_add_s8,
  nn_average_pool2d_f32,
  nn_average_pool2d_s8,
  nn_binary_f32,
  nn_concat,
  nn_conv2d_f32,
  nn_conv2d_s8,
  nn_conv_transpose2d_f32,
  nn_conv_transpose2d_s8,
  nn_depthwise_conv2d_f32,
  nn_depthwise_conv2d_s8,
  nn_dequantize_s8_f32,
  nn_fully_connected_f32,
  nn_fully_connected_s8,
  nn_lut_s8,
  nn_matmul_f32,
  nn_matmul_s8,
  nn_max_pool2d_f32,
  nn_max_pool2d_s8,
  nn_mean_f32,
  nn_mean_s8,
  nn_mul_s8,
  nn_pad,
  nn_quantize_f32_s8,
  nn_resize_nearest,
  nn_slice,
  nn_softmax_f32,
  nn_softmax_s8,
  nn_transpose,
  nn_unary_f32,
];

export const kernels: ReadonlyMap<string, Kernel> = new Map(table.map((kernel) => [kernel.name, kernel]));

export function kernelOf(name: string): Kernel {
  const kernel = kernels.get(name);
  invariant(kernel, `no kernel ${name}`);
  return kernel;
}
