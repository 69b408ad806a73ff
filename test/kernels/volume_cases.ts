/** Windows over three axes for the tests of the kernels in ONNX layout, and a convolution by the opposite way. */
import fc from "fast-check";
import { elementCount } from "../../src/graph/ir.js";
import type { Conv3dParams, VolumeParams } from "../../src/kernels/volume_params.js";
import { sizes } from "./arbitraries.js";

interface VolumeAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly step: number;
}

const axis = (steps: boolean): fc.Arbitrary<VolumeAxis> =>
  fc
    .record({
      size: sizes(1, 2, 3, 5),
      kernel: sizes(1, 2, 3),
      stride: sizes(1, 1, 2, 3),
      dilation: sizes(1, 1, 2),
      begin: fc.constantFrom(-1, 0, 0, 1, 2),
      end: sizes(1, 2),
      step: steps ? sizes(1, 2, 3) : fc.constant(1),
    })
    .filter((a) => (steps || (a.begin >= 0 && a.begin < a.kernel)) && outputs(a) >= 1);

const outputs = ({ size, kernel, stride, dilation, begin, end, step }: VolumeAxis) =>
  Math.floor(((size - 1) * step + 1 + begin + end - dilation * (kernel - 1) - 1) / stride) + 1;

/** Parameters of windows over three axes, with the steps of a convolution. */
export const volumes = (steps: boolean): fc.Arbitrary<VolumeParams & Pick<Conv3dParams, `step_${"d" | "h" | "w"}`>> =>
  fc.tuple(axis(steps), axis(steps), axis(steps)).map(([d, h, w]) => ({
    ...{ in_d: d.size, in_h: h.size, in_w: w.size, out_d: outputs(d), out_h: outputs(h), out_w: outputs(w) },
    ...{ kernel_d: d.kernel, kernel_h: h.kernel, kernel_w: w.kernel },
    ...{ stride_d: d.stride, stride_h: h.stride, stride_w: w.stride },
    ...{ dilation_d: d.dilation, dilation_h: h.dilation, dilation_w: w.dilation },
    ...{ pad_front: d.begin, pad_top: h.begin, pad_left: w.begin },
    ...{ step_d: d.step, step_h: h.step, step_w: w.step },
  }));

export const inVolume = (p: VolumeParams) => elementCount([p.in_d, p.in_h, p.in_w]);
export const outVolume = (p: VolumeParams) => elementCount([p.out_d, p.out_h, p.out_w]);
export const taps = (p: VolumeParams) => elementCount([p.kernel_d, p.kernel_h, p.kernel_w]);

/** In double precision: every input value is spread to the outputs that it reaches. [batch][out_c][out volume] */
export function spreadVolume(
  p: Conv3dParams,
  input: ArrayLike<number>,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
): number[] {
  const groupIn = p.in_c / p.groups;
  const groupOut = p.out_c / p.groups;
  const output = Array.from(
    { length: p.batch * p.out_c * outVolume(p) },
    (_, i) => bias[Math.floor(i / outVolume(p)) % p.out_c],
  );
  const reached = (at: number, tap: number, size: number, { stride, dilation, pad, step }: Record<string, number>) => {
    const position = at * step + pad - tap * dilation;
    return position >= 0 && position % stride === 0 && position / stride < size ? position / stride : -1;
  };
  const d = { stride: p.stride_d, dilation: p.dilation_d, pad: p.pad_front, step: p.step_d };
  const h = { stride: p.stride_h, dilation: p.dilation_h, pad: p.pad_top, step: p.step_h };
  const w = { stride: p.stride_w, dilation: p.dilation_w, pad: p.pad_left, step: p.step_w };
  for (let i = 0; i < input.length; i++) {
    const plane = Math.floor(i / inVolume(p));
    const c = plane % p.in_c;
    const n = Math.floor(plane / p.in_c);
    const group = Math.floor(c / groupIn);
    const [x, y, z] = [i % p.in_w, Math.floor(i / p.in_w) % p.in_h, Math.floor(i / p.in_w / p.in_h) % p.in_d];
    for (let tap = 0; tap < taps(p); tap++) {
      const kx = tap % p.kernel_w;
      const ky = Math.floor(tap / p.kernel_w) % p.kernel_h;
      const kz = Math.floor(tap / p.kernel_w / p.kernel_h);
      const ox = reached(x, kx, p.out_w, w);
      const oy = reached(y, ky, p.out_h, h);
      const oz = reached(z, kz, p.out_d, d);
      if (ox < 0 || oy < 0 || oz < 0) continue;
      for (let oc = group * groupOut; oc < (group + 1) * groupOut; oc++) {
        const to = (n * p.out_c + oc) * outVolume(p) + (oz * p.out_h + oy) * p.out_w + ox;
        output[to] += input[i] * weights[(oc * groupIn + (c % groupIn)) * taps(p) + tap];
      }
    }
  }
  return output;
}
