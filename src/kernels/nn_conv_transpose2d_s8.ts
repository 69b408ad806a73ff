import { requantize } from "../numerics/requantize.js";
import { dot } from "./dot.js";
import { CHANNEL_TABLES, type ConvS8Params, transposedSource } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { convChannels } from "./weighted_channels.js";

export type ConvTranspose2dS8Params = ConvS8Params & { groups: number };

/** Twin of runtime-c/src/nn_conv_transpose2d_s8.c; shapes and units stand in its header. */
export default defineKernel<ConvTranspose2dS8Params>({
  name: "nn_conv_transpose2d_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left groups in_zero_point out_zero_point out_min out_max",
  ),
  constants: CHANNEL_TABLES,
  inPlace: [],
  channels: (p, { constants }) => convChannels(p, constants, true),
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const weights = constants.weights as Int8Array;
    const bias = constants.bias as Int32Array;
    const multiplier = constants.multiplier as Int32Array;
    const shift = constants.shift as Uint8Array;
    const groupIn = p.in_c / p.groups;
    const groupOut = p.out_c / p.groups;
    const padding = new Int8Array(groupIn).fill(p.in_zero_point);
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * p.in_h * p.in_w * p.in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        for (let ox = 0; ox < p.out_w; ox++) {
          let w = 0;
          for (let oc = 0; oc < p.out_c; oc++) {
            const first = image + Math.floor(oc / groupOut) * groupIn;
            let acc = bias[oc];
            for (let ky = 0; ky < p.kernel_h; ky++) {
              const y = transposedSource(oy + p.pad_top - ky * p.dilation_h, p.stride_h, p.in_h);
              for (let kx = 0; kx < p.kernel_w; kx++) {
                const x = transposedSource(ox + p.pad_left - kx * p.dilation_w, p.stride_w, p.in_w);
                acc =
                  y >= 0 && x >= 0
                    ? dot(acc, input, first + (y * p.in_w + x) * p.in_c, weights, w, groupIn)
                    : dot(acc, padding, 0, weights, w, groupIn);
                w += groupIn;
              }
            }
            output[out++] = requantize(acc, multiplier[oc], shift[oc], p.out_zero_point, p.out_min, p.out_max);
          }
        }
      }
    }
  },
});
