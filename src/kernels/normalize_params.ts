/** Windows of the kernels that normalise, and where their elements find scale and bias. */
import type { ParamField } from "./kernel.js";
import { forEachRow, rowOffset } from "./strided.js";
import { WINDOW_FIELDS, type WindowParams } from "./window_params.js";

/** Steps in the tables scale and bias on the axes of the places and of a window. */
export type NormalizeParams = WindowParams & {
  scale_stride: readonly number[];
  window_scale_stride: readonly number[];
};

export const NORMALIZE_FIELDS: readonly ParamField[] = [
  ...WINDOW_FIELDS,
  ...["scale_stride", "window_scale_stride"].map((name): ParamField => ({ name, type: "int32_t", length: 6 })),
];

/** Offsets of the windows and of their first scale, in order. */
export function forEachPlace(p: NormalizeParams, visit: (first: number, channel: number) => void): void {
  walk(p.shape, p.stride, p.scale_stride, visit);
}

/** Offsets of the elements of a window, and of their scales, in order. */
export function forEachScaled(
  p: NormalizeParams,
  first: number,
  channel: number,
  visit: (at: number, channel: number) => void,
): void {
  walk(p.window, p.window_stride, p.window_scale_stride, (at, step) => visit(first + at, channel + step));
}

function walk(
  shape: readonly number[],
  stride: readonly number[],
  scaleStride: readonly number[],
  visit: (offset: number, channel: number) => void,
): void {
  if (shape.includes(0)) return;
  forEachRow(shape, (index) => {
    const row = rowOffset(index, stride);
    const channel = rowOffset(index, scaleStride);
    for (let i = 0; i < shape[5]; i++) visit(row + i * stride[5], channel + i * scaleStride[5]);
  });
}
