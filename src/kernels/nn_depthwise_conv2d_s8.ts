import { requantize } from "../numerics/requantize.js";
import { CHANNEL_TABLES, type ConvS8Params } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { windowLead, windowRows } from "./rows.js";
import { depthwiseChannels } from "./weighted_channels.js";

export type DepthwiseConv2dS8Params = ConvS8Params & { channel_multiplier: number };

/** Twin of runtime-c/src/nn_depthwise_conv2d_s8.c; shapes and units stand in its header. */
export default defineKernel<DepthwiseConv2dS8Params>({
  name: "nn_depthwise_conv2d_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left channel_multiplier in_zero_point out_zero_point out_min out_max",
  ),
  constants: CHANNEL_TABLES,
  inPlace: [],
  channels: (p, { constants }) => depthwiseChannels(p, constants),
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, p.in_c, p.out_c, 1),

  /** Sums all channels of a pixel tap by tap. */
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    const weights = constants.weights as Int8Array;
    const bias = constants.bias as Int32Array;
    const multiplier = constants.multiplier as Int32Array;
    const shift = constants.shift as Uint8Array;
    const { in_c, out_c, channel_multiplier: repeat, in_zero_point: zero } = p;
    const acc = new Int32Array(out_c);
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      const image = n * p.in_h * p.in_w * in_c;
      for (let oy = 0; oy < p.out_h; oy++) {
        for (let ox = 0; ox < p.out_w; ox++) {
          acc.set(bias);
          let w = 0;
          for (let ky = 0; ky < p.kernel_h; ky++) {
            const y = oy * p.stride_h - p.pad_top + ky * p.dilation_h;
            for (let kx = 0; kx < p.kernel_w; kx++) {
              const x = ox * p.stride_w - p.pad_left + kx * p.dilation_w;
              if (y < 0 || y >= p.in_h || x < 0 || x >= p.in_w) {
                for (let oc = 0; oc < out_c; oc++) acc[oc] += zero * weights[w + oc];
              } else {
                let at = image + (y * p.in_w + x) * in_c;
                if (repeat === 1) {
                  for (let oc = 0; oc < out_c; oc++) acc[oc] += input[at + oc] * weights[w + oc];
                } else {
                  for (let oc = 0; oc < out_c; at++) {
                    for (let i = 0; i < repeat; i++, oc++) acc[oc] += input[at] * weights[w + oc];
                  }
                }
              }
              w += out_c;
            }
          }
          for (let oc = 0; oc < out_c; oc++) {
            output[out++] = requantize(acc[oc], multiplier[oc], shift[oc], p.out_zero_point, p.out_min, p.out_max);
          }
        }
      }
    }
  },
});
