import { clampF32 } from "../numerics/float_math.js";
import { tapsBefore, type WindowParams } from "./image_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";

export type Conv2dF32Params = WindowParams & {
  in_c: number;
  out_c: number;
  groups: number;
  out_min: number;
  out_max: number;
};

/**
 * Twin of runtime-c/src/nn_conv2d_f32.c; shapes and units stand in its header. Four output channels are summed at
 * once because one sum alone waits for its own last addition; where fewer are left the last one is repeated.
 */
export default defineKernel<Conv2dF32Params>({
  name: "nn_conv2d_f32",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left groups",
    ),
    ...floatFields("out_min out_max"),
  ],
  constants: [
    { name: "weights", type: "float32" },
    { name: "bias", type: "float32" },
  ],
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 4 * p.in_c, 4 * p.out_c, 4),
  run(p, { inputs, outputs, constants }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const weights = constants.weights as Float32Array;
    const bias = constants.bias as Float32Array;
    const { in_h, in_w, in_c, out_c, kernel_h, kernel_w, dilation_h, dilation_w } = p;
    const groupIn = in_c / p.groups;
    const groupOut = out_c / p.groups;
    const filter = kernel_h * kernel_w * groupIn;
    const joined = dilation_w === 1 && p.groups === 1;
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * in_h * in_w * in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        const y0 = oy * p.stride_h - p.pad_top;
        const ky0 = tapsBefore(-y0, dilation_h, kernel_h);
        const ky1 = tapsBefore(in_h - y0, dilation_h, kernel_h);
        for (let ox = 0; ox < p.out_w; ox++) {
          const x0 = ox * p.stride_w - p.pad_left;
          const kx0 = tapsBefore(-x0, dilation_w, kernel_w);
          const taps = tapsBefore(in_w - x0, dilation_w, kernel_w) - kx0;
          const runs = joined ? 1 : taps;
          const run = joined ? taps * groupIn : groupIn;
          for (let g = 0; g < p.groups; g++) {
            const last = (g + 1) * groupOut - 1;
            for (let oc = g * groupOut; oc <= last; oc += 4) {
              const oc1 = Math.min(oc + 1, last);
              const oc2 = Math.min(oc + 2, last);
              const oc3 = Math.min(oc + 3, last);
              let sum0 = bias[oc];
              let sum1 = bias[oc1];
              let sum2 = bias[oc2];
              let sum3 = bias[oc3];
              for (let ky = ky0; ky < ky1; ky++) {
                const row = image + (y0 + ky * dilation_h) * in_w * in_c + g * groupIn;
                for (let i = 0; i < runs; i++) {
                  const at = row + (x0 + (kx0 + i) * dilation_w) * in_c;
                  const w = (ky * kernel_w + kx0 + i) * groupIn;
                  const w0 = oc * filter + w;
                  const w1 = oc1 * filter + w;
                  const w2 = oc2 * filter + w;
                  const w3 = oc3 * filter + w;
                  for (let k = 0; k < run; k++) {
                    const x = input[at + k];
                    sum0 = fround(sum0 + fround(x * weights[w0 + k]));
                    sum1 = fround(sum1 + fround(x * weights[w1 + k]));
                    sum2 = fround(sum2 + fround(x * weights[w2 + k]));
                    sum3 = fround(sum3 + fround(x * weights[w3 + k]));
                  }
                }
              }
              output[out + oc] = clampF32(sum0, p.out_min, p.out_max);
              output[out + oc1] = clampF32(sum1, p.out_min, p.out_max);
              output[out + oc2] = clampF32(sum2, p.out_min, p.out_max);
              output[out + oc3] = clampF32(sum3, p.out_min, p.out_max);
            }
          }
          out += out_c;
        }
      }
    }
  },
});
