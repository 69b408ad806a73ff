import { clampF32 } from "../numerics/float_math.js";
import { tapsBefore, type WindowParams } from "./image_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";

export type MaxPool2dF32Params = WindowParams & { channels: number; out_min: number; out_max: number };

/** Twin of runtime-c/src/nn_max_pool2d_f32.c. */
export default defineKernel<MaxPool2dF32Params>({
  name: "nn_max_pool2d_f32",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields(
      "batch in_h in_w channels out_h out_w kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left",
    ),
    ...floatFields("out_min out_max"),
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 4 * p.channels, 4 * p.channels, 4),
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      for (let oy = 0; oy < p.out_h; oy++) {
        const y0 = oy * p.stride_h - p.pad_top;
        const ky0 = tapsBefore(-y0, p.dilation_h, p.kernel_h);
        const ky1 = tapsBefore(p.in_h - y0, p.dilation_h, p.kernel_h);
        for (let ox = 0; ox < p.out_w; ox++) {
          const x0 = ox * p.stride_w - p.pad_left;
          const kx0 = tapsBefore(-x0, p.dilation_w, p.kernel_w);
          const kx1 = tapsBefore(p.in_w - x0, p.dilation_w, p.kernel_w);
          for (let c = 0; c < p.channels; c++) {
            let best = Number.NEGATIVE_INFINITY;
            for (let ky = ky0; ky < ky1; ky++) {
              const row = (n * p.in_h + y0 + ky * p.dilation_h) * p.in_w + x0;
              for (let kx = kx0; kx < kx1; kx++) {
                const x = input[(row + kx * p.dilation_w) * p.channels + c];
                if (x > best) best = x;
              }
            }
            output[out++] = clampF32(best, p.out_min, p.out_max);
          }
        }
      }
    }
  },
});
