/** The windows of a 2-D convolution over a channels-last image, gathered one by one. */
import { tapsBefore, type WindowParams } from "./image_params.js";

type GroupedWindow = WindowParams & { in_c: number; groups: number };

/** What a window is gathered into, and may be read from in place. */
type Values = Int8Array | Int16Array;

/**
 * Calls visit(values, from, group) for every pixel of the output in order, and every group: the kernel_h * kernel_w *
 * in_c / groups values of its window begin at values[from]. Taps in the padding are `zero`.
 */
export function forEachWindow<T extends Values>(
  p: GroupedWindow,
  input: T,
  zero: number,
  visit: (values: T, from: number, group: number) => void,
): void {
  const groupIn = p.in_c / p.groups;
  const taps = p.kernel_h * p.kernel_w * groupIn;
  const window = input instanceof Int16Array ? new Int16Array(taps) : new Int8Array(taps);
  const pointwise = taps === groupIn && p.groups === 1 && p.pad_top === 0 && p.pad_left === 0;
  for (let n = 0; n < p.batch; n++) {
    const image = n * p.in_h * p.in_w * p.in_c;
    for (let oy = 0; oy < p.out_h; oy++) {
      const y0 = oy * p.stride_h - p.pad_top;
      for (let ox = 0; ox < p.out_w; ox++) {
        const x0 = ox * p.stride_w - p.pad_left;
        if (pointwise && y0 < p.in_h && x0 < p.in_w) {
          visit(input, image + (y0 * p.in_w + x0) * p.in_c, 0);
          continue;
        }
        const begin = tapsBefore(-x0, p.dilation_w, p.kernel_w);
        const end = tapsBefore(p.in_w - x0, p.dilation_w, p.kernel_w);
        for (let group = 0; group < p.groups; group++) {
          window.fill(zero);
          for (let ky = 0; ky < p.kernel_h; ky++) {
            const y = y0 + ky * p.dilation_h;
            if (y < 0 || y >= p.in_h) continue;
            for (let kx = begin; kx < end; kx++) {
              const at = image + (y * p.in_w + x0 + kx * p.dilation_w) * p.in_c + group * groupIn;
              const to = (ky * p.kernel_w + kx) * groupIn;
              for (let i = 0; i < groupIn; i++) window[to + i] = input[at + i];
            }
          }
          visit(window as T, 0, group);
        }
      }
    }
  }
}
