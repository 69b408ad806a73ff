import { clampF32 } from "../numerics/float_math.js";
import { tapsBefore, type WindowParams } from "./image_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";

export type DepthwiseConv2dF32Params = WindowParams & {
  in_c: number;
  out_c: number;
  channel_multiplier: number;
  out_min: number;
  out_max: number;
};

/** Twin of runtime-c/src/nn_depthwise_conv2d_f32.c; shapes and units stand in its header. */
export default defineKernel<DepthwiseConv2dF32Params>({
  name: "nn_depthwise_conv2d_f32",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left channel_multiplier",
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

  /** Sums all channels of a pixel tap by tap, which is the order of each channel's own sum. */
  run(p, { inputs, outputs, constants }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const weights = constants.weights as Float32Array;
    const bias = constants.bias as Float32Array;
    const { in_c, out_c, channel_multiplier: repeat } = p;
    const acc = new Float32Array(out_c);
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * p.in_h * p.in_w * in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        const y0 = oy * p.stride_h - p.pad_top;
        const ky1 = tapsBefore(p.in_h - y0, p.dilation_h, p.kernel_h);
        for (let ox = 0; ox < p.out_w; ox++) {
          const x0 = ox * p.stride_w - p.pad_left;
          const kx0 = tapsBefore(-x0, p.dilation_w, p.kernel_w);
          const kx1 = tapsBefore(p.in_w - x0, p.dilation_w, p.kernel_w);
          acc.set(bias);
          for (let ky = tapsBefore(-y0, p.dilation_h, p.kernel_h); ky < ky1; ky++) {
            const row = image + (y0 + ky * p.dilation_h) * p.in_w * in_c;
            for (let kx = kx0; kx < kx1; kx++) {
              const at = row + (x0 + kx * p.dilation_w) * in_c;
              const w = (ky * p.kernel_w + kx) * out_c;
              if (repeat === 1) {
                for (let c = 0; c < out_c; c++) acc[c] += fround(input[at + c] * weights[w + c]);
              } else {
                for (let c = 0; c < out_c; c++) {
                  acc[c] += fround(input[at + Math.floor(c / repeat)] * weights[w + c]);
                }
              }
            }
          }
          for (let c = 0; c < out_c; c++) output[out++] = clampF32(acc[c], p.out_min, p.out_max);
        }
      }
    }
  },
});
