/** Parameters that the kernels over three axes share, by the names of their C structs. */
import { int32Fields, type ParamField } from "./kernel.js";

export type VolumeParams = {
  in_d: number;
  in_h: number;
  in_w: number;
  out_d: number;
  out_h: number;
  out_w: number;
  kernel_d: number;
  kernel_h: number;
  kernel_w: number;
  stride_d: number;
  stride_h: number;
  stride_w: number;
  dilation_d: number;
  dilation_h: number;
  dilation_w: number;
  pad_front: number;
  pad_top: number;
  pad_left: number;
};

export const VOLUME_FIELDS: readonly ParamField[] = int32Fields(
  "in_d in_h in_w out_d out_h out_w kernel_d kernel_h kernel_w stride_d stride_h stride_w",
  "dilation_d dilation_h dilation_w pad_front pad_top pad_left",
);

export type Conv3dParams = VolumeParams & {
  batch: number;
  in_c: number;
  out_c: number;
  groups: number;
  step_d: number;
  step_h: number;
  step_w: number;
};

export const CONV3D_FIELDS: readonly ParamField[] = [
  ...int32Fields("batch in_c out_c groups"),
  ...VOLUME_FIELDS,
  ...int32Fields("step_d step_h step_w"),
];

/** What a tap of a convolution reads: the input index within its channel, or -1 beside the input elements. */
export function volumeSource(p: Conv3dParams, z: number, y: number, x: number): number {
  const along = (position: number, step: number, size: number) =>
    position >= 0 && position % step === 0 && position / step < size ? position / step : -1;
  const d = along(z, p.step_d, p.in_d);
  const h = along(y, p.step_h, p.in_h);
  const w = along(x, p.step_w, p.in_w);
  return d < 0 || h < 0 || w < 0 ? -1 : (d * p.in_h + h) * p.in_w + w;
}

/** The input index of every tap of the window of output element `o` of a channel, in the order of the weights. */
export function tapSources(p: Conv3dParams, o: number, sources: Int32Array): void {
  const z0 = Math.floor(o / p.out_w / p.out_h) * p.stride_d - p.pad_front;
  const y0 = (Math.floor(o / p.out_w) % p.out_h) * p.stride_h - p.pad_top;
  const x0 = (o % p.out_w) * p.stride_w - p.pad_left;
  let tap = 0;
  for (let kz = 0; kz < p.kernel_d; kz++) {
    for (let ky = 0; ky < p.kernel_h; ky++) {
      for (let kx = 0; kx < p.kernel_w; kx++) {
        sources[tap++] = volumeSource(p, z0 + kz * p.dilation_d, y0 + ky * p.dilation_h, x0 + kx * p.dilation_w);
      }
    }
  }
}
