import { clampF32 } from "../numerics/float_math.js";
import { transposedSource, type WindowParams } from "./image_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type ConvTranspose2dF32Params = WindowParams & {
  in_c: number;
  out_c: number;
  groups: number;
  out_min: number;
  out_max: number;
};

/** Twin of runtime-c/src/nn_conv_transpose2d_f32.c; shapes and units stand in its header. */
export default defineKernel<ConvTranspose2dF32Params>({
  name: "nn_conv_transpose2d_f32",
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
  run(p, { inputs, outputs, constants }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const weights = constants.weights as Float32Array;
    const bias = constants.bias as Float32Array;
    const groupIn = p.in_c / p.groups;
    const groupOut = p.out_c / p.groups;
    const filter = p.kernel_h * p.kernel_w * groupIn;
    const sums = new Float32Array(p.out_c);
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * p.in_h * p.in_w * p.in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        for (let ox = 0; ox < p.out_w; ox++) {
          sums.set(bias);
          for (let ky = 0; ky < p.kernel_h; ky++) {
            const y = transposedSource(oy + p.pad_top - ky * p.dilation_h, p.stride_h, p.in_h);
            for (let kx = 0; y >= 0 && kx < p.kernel_w; kx++) {
              const x = transposedSource(ox + p.pad_left - kx * p.dilation_w, p.stride_w, p.in_w);
              if (x < 0) continue;
              const pixel = image + (y * p.in_w + x) * p.in_c;
              const tap = (ky * p.kernel_w + kx) * groupIn;
              for (let oc = 0; oc < p.out_c; oc++) {
                const at = pixel + Math.floor(oc / groupOut) * groupIn;
                const w = oc * filter + tap;
                let sum = sums[oc];
                for (let i = 0; i < groupIn; i++) sum = fround(sum + fround(input[at + i] * weights[w + i]));
                sums[oc] = sum;
              }
            }
          }
          for (let oc = 0; oc < p.out_c; oc++) output[out++] = clampF32(sums[oc], p.out_min, p.out_max);
        }
      }
    }
  },
});
