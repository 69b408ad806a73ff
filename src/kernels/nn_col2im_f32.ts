import { transposedSource } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { VOLUME_FIELDS, type VolumeParams } from "./volume_params.js";

export type Col2ImF32Params = VolumeParams & { planes: number };

/** Twin of runtime-c/src/nn_col2im_f32.c. */
export default defineKernel<Col2ImF32Params>({
  name: "nn_col2im_f32",
  inputs: 1,
  outputs: 1,
  params: [...int32Fields("planes"), ...VOLUME_FIELDS],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const blocks = p.in_d * p.in_h * p.in_w;
    const taps = p.kernel_d * p.kernel_h * p.kernel_w;
    let out = 0;
    for (let plane = 0; plane < p.planes; plane++) {
      for (let oz = 0; oz < p.out_d; oz++) {
        for (let oy = 0; oy < p.out_h; oy++) {
          for (let ox = 0; ox < p.out_w; ox++) {
            let acc = 0;
            let from = plane * taps * blocks;
            for (let kz = 0; kz < p.kernel_d; kz++) {
              const z = transposedSource(oz + p.pad_front - kz * p.dilation_d, p.stride_d, p.in_d);
              for (let ky = 0; ky < p.kernel_h; ky++) {
                const y = transposedSource(oy + p.pad_top - ky * p.dilation_h, p.stride_h, p.in_h);
                for (let kx = 0; kx < p.kernel_w; kx++, from += blocks) {
                  const x = transposedSource(ox + p.pad_left - kx * p.dilation_w, p.stride_w, p.in_w);
                  if (z < 0 || y < 0 || x < 0) continue;
                  acc = Math.fround(acc + input[from + (z * p.in_h + y) * p.in_w + x]);
                }
              }
            }
            output[out++] = acc;
          }
        }
      }
    }
  },
});
