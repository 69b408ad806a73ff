import { tapsBefore, type WindowParams } from "./image_params.js";
import { defineKernel, int32Fields, type KernelBuffers } from "./kernel.js";
import { poolChannels } from "./pool_channels.js";
import { windowLead, windowRows } from "./rows.js";

export type MaxPool2dS8Params = WindowParams & { channels: number; out_min: number; out_max: number };

function run(p: MaxPool2dS8Params, { inputs, outputs }: KernelBuffers): void {
  const input = inputs[0] as Int8Array;
  const output = outputs[0] as Int8Array;
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
          let largest = p.out_min;
          for (let ky = ky0; ky < ky1; ky++) {
            const row = (n * p.in_h + y0 + ky * p.dilation_h) * p.in_w;
            for (let kx = kx0; kx < kx1; kx++) {
              const value = input[(row + x0 + kx * p.dilation_w) * p.channels + c];
              if (value > largest) largest = value;
            }
          }
          output[out++] = Math.min(largest, p.out_max);
        }
      }
    }
  }
}

/** Twin of runtime-c/src/nn_max_pool2d_s8.c. */
export default defineKernel<MaxPool2dS8Params>({
  name: "nn_max_pool2d_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w channels out_h out_w kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left out_min out_max",
  ),
  constants: [],
  inPlace: [],
  channels: (p, { constants }) =>
    poolChannels(p, (channels, io) => run({ ...p, channels, batch: 1 }, { ...io, constants })),
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, p.channels, p.channels, 1),
  run,
});
