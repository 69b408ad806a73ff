/** Pooling windows of every geometry, and what they cover by the definition of ONNX MaxPool-12 and AveragePool-19. */
import fc from "fast-check";
import type { WindowParams } from "../../src/kernels/image_params.js";
import { sizes } from "./arbitraries.js";

export type Pool = WindowParams & { channels: number; pad_bottom: number; pad_right: number };

interface Axis {
  readonly size: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

/** One axis; with ceil_mode the last window may reach beyond the padding, but never start behind the input. */
const axes: fc.Arbitrary<Axis> = fc
  .record({
    size: fc.integer({ min: 1, max: 8 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: sizes(1, 1, 2, 3),
    begin: fc.integer({ min: 0, max: 3 }),
    end: fc.integer({ min: 0, max: 3 }),
    ceil: fc.boolean(),
  })
  .map(({ ceil, ...axis }) => {
    const room = axis.size + axis.begin + axis.end - (axis.kernel - 1) * axis.dilation - 1;
    let outputs = (ceil ? Math.ceil(room / axis.stride) : Math.floor(room / axis.stride)) + 1;
    if (ceil && (outputs - 1) * axis.stride >= axis.size + axis.begin) outputs -= 1;
    return { ...axis, outputs, room };
  })
  .filter(({ room, outputs }) => room >= 0 && outputs >= 1);

export const pools: fc.Arbitrary<Pool> = fc
  .record({ h: axes, w: axes, batch: sizes(1, 1, 2), channels: sizes(1, 3, 5, 7, 15, 17) })
  .map(({ h, w, batch, channels }) => ({
    batch,
    in_h: h.size,
    in_w: w.size,
    channels,
    out_h: h.outputs,
    out_w: w.outputs,
    kernel_h: h.kernel,
    kernel_w: w.kernel,
    stride_h: h.stride,
    stride_w: w.stride,
    dilation_h: h.dilation,
    dilation_w: w.dilation,
    pad_top: h.begin,
    pad_left: w.begin,
    pad_bottom: h.end,
    pad_right: w.end,
  }));

/** The parameters of a kernel that ignores the padding behind the input. */
export function withoutEndPads({ pad_bottom: _bottom, pad_right: _right, ...window }: Pool) {
  return window;
}

export const inputCount = (p: Pool) => p.batch * p.in_h * p.in_w * p.channels;
export const outputCount = (p: Pool) => p.batch * p.out_h * p.out_w * p.channels;

/** What the window of one output element covers: values of the input, and taps in the padding around it. */
export interface Covered {
  readonly values: readonly number[];
  readonly padding: number;
}

/** Per output element, by sliding over the image with its border written out. */
export function coveredBy(p: Pool, input: Int8Array): Covered[] {
  const height = p.pad_top + p.in_h + p.pad_bottom;
  const width = p.pad_left + p.in_w + p.pad_right;
  const covered: Covered[] = [];
  for (let n = 0; n < p.batch; n++) {
    const images = Array.from({ length: p.channels }, (_, c) => {
      const image = Array.from({ length: height }, () => new Array<number | "padding">(width).fill("padding"));
      for (let i = 0; i < p.in_h * p.in_w; i++) {
        const value = input[(n * p.in_h * p.in_w + i) * p.channels + c];
        image[p.pad_top + Math.floor(i / p.in_w)][p.pad_left + (i % p.in_w)] = value;
      }
      return image;
    });
    for (let at = 0; at < p.out_h * p.out_w; at++) {
      const top = Math.floor(at / p.out_w) * p.stride_h;
      const left = (at % p.out_w) * p.stride_w;
      for (const image of images) {
        const rows = image
          .slice(top)
          .filter((_, y) => y % p.dilation_h === 0)
          .slice(0, p.kernel_h);
        const taps = rows.flatMap((row) =>
          row
            .slice(left)
            .filter((_, x) => x % p.dilation_w === 0)
            .slice(0, p.kernel_w),
        );
        const values = taps.filter((tap) => tap !== "padding");
        covered.push({ values, padding: taps.length - values.length });
      }
    }
  }
  return covered;
}
