import { tapsBefore } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { VOLUME_FIELDS, type VolumeParams } from "./volume_params.js";

export type MaxPoolIndicesF32Params = VolumeParams & {
  planes: number;
  index_stride_d: number;
  index_stride_h: number;
  index_stride_w: number;
};

/** Twin of runtime-c/src/nn_max_pool_indices_f32.c. */
export default defineKernel<MaxPoolIndicesF32Params>({
  name: "nn_max_pool_indices_f32",
  inputs: 1,
  outputs: 2,
  params: [...int32Fields("planes"), ...VOLUME_FIELDS, ...int32Fields("index_stride_d index_stride_h index_stride_w")],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const indices = outputs[1] as BigInt64Array;
    const volume = p.in_d * p.in_h * p.in_w;
    const positions = (begin: number, dilation: number, kernel: number, size: number) => {
      const first = tapsBefore(-begin, dilation, kernel);
      const count = Math.max(0, tapsBefore(size - begin, dilation, kernel) - first);
      return Array.from({ length: count }, (_, k) => begin + (first + k) * dilation);
    };
    let out = 0;
    for (let plane = 0; plane < p.planes; plane++) {
      for (let oz = 0; oz < p.out_d; oz++) {
        const zs = positions(oz * p.stride_d - p.pad_front, p.dilation_d, p.kernel_d, p.in_d);
        for (let oy = 0; oy < p.out_h; oy++) {
          const ys = positions(oy * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
          for (let ox = 0; ox < p.out_w; ox++) {
            const xs = positions(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w);
            let best = Number.NEGATIVE_INFINITY;
            let index = -1;
            for (const z of zs) {
              for (const y of ys) {
                for (const x of xs) {
                  const value = input[plane * volume + (z * p.in_h + y) * p.in_w + x];
                  if (!(value > best || index < 0)) continue;
                  best = value;
                  index = z * p.index_stride_d + y * p.index_stride_h + x * p.index_stride_w;
                }
              }
            }
            output[out] = best;
            indices[out++] = BigInt(index < 0 ? -1 : plane * volume + index);
          }
        }
      }
    }
  },
});
