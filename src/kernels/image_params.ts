/** Parameters and constant tables that the windowed kernels share, by the names of their C structs. */
import type { ConstantSlot } from "./kernel.js";

export type WindowParams = {
  batch: number;
  in_h: number;
  in_w: number;
  out_h: number;
  out_w: number;
  kernel_h: number;
  kernel_w: number;
  stride_h: number;
  stride_w: number;
  dilation_h: number;
  dilation_w: number;
  pad_top: number;
  pad_left: number;
};

export type ConvS8Params = WindowParams & {
  in_c: number;
  out_c: number;
  in_zero_point: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
};

/** Of int16 inputs, which have the zero point 0. */
export type ConvS16Params = Omit<ConvS8Params, "in_zero_point"> & {
  /** Bytes of a result: 1 for int8, 2 for int16. */
  out_bytes: number;
};

/** Weights with one bias, multiplier and shift per output channel. */
export const CHANNEL_TABLES: readonly ConstantSlot[] = [
  { name: "weights", type: "int8" },
  { name: "bias", type: "int32" },
  { name: "multiplier", type: "int32" },
  { name: "shift", type: "uint8" },
];

/** Number of taps k in [0, taps) with k * dilation < distance. Twin of nn_taps_before. */
export function tapsBefore(distance: number, dilation: number, taps: number): number {
  return distance <= 0 ? 0 : Math.min(taps, Math.ceil(distance / dilation));
}

/** The input position that a tap of a transposed convolution reads from reach = output + pad - tap * dilation, or -1. */
export function transposedSource(reach: number, stride: number, size: number): number {
  return reach >= 0 && reach % stride === 0 && reach / stride < size ? reach / stride : -1;
}
