import { defineKernel, int32Fields } from "./kernel.js";

export type DeformConv2dF32Params = {
  batch: number;
  in_c: number;
  in_h: number;
  in_w: number;
  out_c: number;
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
  groups: number;
  offset_groups: number;
  masked: number;
};

const fround = Math.fround;

/** The plane from `first` on between pixels; zeros surround it. */
function valueAt(p: DeformConv2dF32Params, input: Float32Array, first: number, y: number, x: number): number {
  if (!(y > -1 && y < p.in_h && x > -1 && x < p.in_w)) return 0;
  const pixel = (row: number, column: number) =>
    row >= 0 && row < p.in_h && column >= 0 && column < p.in_w ? input[first + row * p.in_w + column] : 0;
  const mix = (a: number, b: number, rest: number) => fround(fround(fround(1 - rest) * a) + fround(rest * b));
  const top = Math.floor(y);
  const left = Math.floor(x);
  const right = fround(x - left);
  const row = (at: number) => mix(pixel(at, left), pixel(at, left + 1), right);
  return mix(row(top), row(top + 1), fround(y - top));
}

/** Twin of runtime-c/src/nn_deform_conv2d_f32.c; shapes and units stand in its header. */
export default defineKernel<DeformConv2dF32Params>({
  name: "nn_deform_conv2d_f32",
  inputs: 5,
  outputs: 1,
  params: int32Fields(
    "batch in_c in_h in_w out_c out_h out_w kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left groups offset_groups masked",
  ),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const [input, weights, offset, bias, mask] = inputs as readonly Float32Array[];
    const output = outputs[0] as Float32Array;
    const area = p.out_h * p.out_w;
    const taps = p.kernel_h * p.kernel_w;
    const groupIn = p.in_c / p.groups;
    const groupOut = p.out_c / p.groups;
    for (let i = 0; i < output.length; i++) output[i] = bias[Math.floor(i / area) % p.out_c];
    for (let n = 0; n < p.batch; n++) {
      for (let out = 0; out < area; out++) {
        const y0 = Math.floor(out / p.out_w) * p.stride_h - p.pad_top;
        const x0 = (out % p.out_w) * p.stride_w - p.pad_left;
        for (let ic = 0; ic < p.in_c; ic++) {
          const group = Math.floor(ic / (p.in_c / p.offset_groups));
          const first = Math.floor(ic / groupIn) * groupOut;
          for (let tap = 0; tap < taps; tap++) {
            const moved = (n * p.offset_groups + group) * taps + tap;
            const down = offset[2 * moved * area + out];
            const right = offset[(2 * moved + 1) * area + out];
            const y = fround(y0 + Math.floor(tap / p.kernel_w) * p.dilation_h + down);
            const x = fround(x0 + (tap % p.kernel_w) * p.dilation_w + right);
            let value = valueAt(p, input, (n * p.in_c + ic) * p.in_h * p.in_w, y, x);
            if (p.masked) value = fround(value * mask[moved * area + out]);
            for (let oc = first; oc < first + groupOut; oc++) {
              const to = (n * p.out_c + oc) * area + out;
              const w = weights[(oc * groupIn + (ic % groupIn)) * taps + tap];
              output[to] = fround(output[to] + fround(w * value));
            }
          }
        }
      }
    }
  },
});
