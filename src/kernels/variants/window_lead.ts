import { tapsBefore, type WindowParams } from "../image_params.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { leadOfWalk } from "./mve.js";

/**
 * `lead` of a pooling kernel that goes over its outputs in order and reads a channel's window before it writes the
 * channel: the outputs of a pixel stay before its own window, channel for channel, and before all windows behind it.
 */
export function windowLead(p: WindowParams & { channels: number }): number {
  const inBytes = p.in_h * p.in_w * p.channels;
  const outBytes = p.out_h * p.out_w * p.channels;
  let lead = -inBytes;
  let later = Infinity;
  for (let pixel = p.out_h * p.out_w - 1; pixel >= 0; pixel--) {
    const start = windowStart(p, Math.floor(pixel / p.out_w), pixel % p.out_w);
    const output = pixel * p.channels;
    lead = Math.max(lead, output - start, output + p.channels - later);
    later = Math.min(later, start);
  }
  if (p.batch > 1) lead = Math.max(lead, outBytes - inBytes - Math.min(later, inBytes));
  // Where outputs are larger than inputs, those of later images catch up.
  return lead + Math.max(0, (p.batch - 1) * (outBytes - inBytes));
}

/** Offset of the first pixel inside the image that a window reads, or Infinity. */
function windowStart(p: WindowParams & { channels: number }, oy: number, ox: number): number {
  const y = firstInside(oy * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
  const x = firstInside(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w);
  return y === undefined || x === undefined ? Infinity : (y * p.in_w + x) * p.channels;
}

function firstInside(position: number, dilation: number, taps: number, size: number): number | undefined {
  const tap = tapsBefore(-position, dilation, taps);
  const first = position + tap * dilation;
  return tap < taps && first < size ? first : undefined;
}

/**
 * `lead` of a convolution that makes a row of the output channel by channel, and so reads every row under it until the
 * row is whole.
 */
export function leadOfOutputRows(p: Conv2dS8Params): number {
  const inRow = p.in_w * p.in_c;
  const outRow = p.out_w * p.out_c;
  const walk = Array.from({ length: p.batch * p.out_h }, (_, row) => {
    const n = Math.floor(row / p.out_h);
    const y = firstInside((row % p.out_h) * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
    return { first: y === undefined ? Infinity : (n * p.in_h + y) * inRow, end: (row + 1) * outRow };
  });
  return leadOfWalk(walk, p.batch * p.in_h * inRow, true);
}
