/** Parameters of the kernels that work on windows: sets of elements that some axes span, at every place on the others. */
import type { ParamField } from "./kernel.js";
import { forEachRow, rowOffset } from "./strided.js";

/** Axes of the places and of a window, with their strides in elements; leading dimensions are 1. */
export type WindowParams = {
  shape: readonly number[];
  stride: readonly number[];
  window: readonly number[];
  window_stride: readonly number[];
};

export const WINDOW_FIELDS: readonly ParamField[] = ["shape", "stride", "window", "window_stride"].map((name) => ({
  name,
  type: "int32_t",
  length: 6,
}));

/** Offsets of the places in order. */
export function forEachPlace(p: WindowParams, visit: (first: number) => void): void {
  walk(p.shape, p.stride, visit);
}

/** Offsets of the elements of the window at `first`, in order. */
export function forEachInWindow(p: WindowParams, first: number, visit: (at: number) => void): void {
  walk(p.window, p.window_stride, (offset) => visit(first + offset));
}

function walk(shape: readonly number[], stride: readonly number[], visit: (offset: number) => void): void {
  if (shape.includes(0)) return;
  forEachRow(shape, (index) => {
    const row = rowOffset(index, stride);
    for (let i = 0; i < shape[5]; i++) visit(row + i * stride[5]);
  });
}
