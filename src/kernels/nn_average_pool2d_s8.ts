import { requantize } from "../numerics/requantize.js";
import { tapsBefore, type WindowParams } from "./image_params.js";
import { defineKernel, int32Fields, type KernelBuffers } from "./kernel.js";
import { poolChannels } from "./pool_channels.js";
import { windowLead, windowRows } from "./rows.js";

type CountParams = WindowParams & { pad_bottom: number; pad_right: number; count_include_pad: number };

export type AveragePool2dS8Params = CountParams & {
  channels: number;
  in_zero_point: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  min_count: number;
};

/** Taps along one axis: inside the input [begin, end), and how many lie inside the padded input. */
function tapsAt(position: number, size: number, padEnd: number, dilation: number, kernel: number) {
  return {
    begin: tapsBefore(-position, dilation, kernel),
    end: tapsBefore(size - position, dilation, kernel),
    padded: tapsBefore(size + padEnd - position, dilation, kernel),
  };
}

/** The smallest and largest count that a window divides by: the tables hold one entry for each between. */
export function averagePoolCounts(p: CountParams): { min: number; max: number } {
  const counts = (outputs: number, at: (o: number) => ReturnType<typeof tapsAt>) =>
    Array.from({ length: outputs }, (_, o) => {
      const taps = at(o);
      return p.count_include_pad ? taps.padded : Math.max(0, taps.end - taps.begin);
    });
  const rows = counts(p.out_h, (oy) =>
    tapsAt(oy * p.stride_h - p.pad_top, p.in_h, p.pad_bottom, p.dilation_h, p.kernel_h),
  );
  const columns = counts(p.out_w, (ox) =>
    tapsAt(ox * p.stride_w - p.pad_left, p.in_w, p.pad_right, p.dilation_w, p.kernel_w),
  );
  return { min: Math.min(...rows) * Math.min(...columns), max: Math.max(...rows) * Math.max(...columns) };
}

function run(p: AveragePool2dS8Params, { inputs, outputs, constants }: KernelBuffers): void {
  const input = inputs[0] as Int8Array;
  const output = outputs[0] as Int8Array;
  const multiplier = constants.multiplier as Int32Array;
  const shift = constants.shift as Uint8Array;
  let out = 0;
  for (let n = 0; n < p.batch; n++) {
    for (let oy = 0; oy < p.out_h; oy++) {
      const y0 = oy * p.stride_h - p.pad_top;
      const rows = tapsAt(y0, p.in_h, p.pad_bottom, p.dilation_h, p.kernel_h);
      for (let ox = 0; ox < p.out_w; ox++) {
        const x0 = ox * p.stride_w - p.pad_left;
        const columns = tapsAt(x0, p.in_w, p.pad_right, p.dilation_w, p.kernel_w);
        const inside = Math.max(0, rows.end - rows.begin) * Math.max(0, columns.end - columns.begin);
        const entry = (p.count_include_pad ? rows.padded * columns.padded : inside) - p.min_count;
        for (let c = 0; c < p.channels; c++) {
          let acc = -inside * p.in_zero_point;
          for (let ky = rows.begin; ky < rows.end; ky++) {
            const row = (n * p.in_h + y0 + ky * p.dilation_h) * p.in_w;
            for (let kx = columns.begin; kx < columns.end; kx++) {
              acc += input[(row + x0 + kx * p.dilation_w) * p.channels + c];
            }
          }
          output[out++] = requantize(acc, multiplier[entry], shift[entry], p.out_zero_point, p.out_min, p.out_max);
        }
      }
    }
  }
}

/** Twin of runtime-c/src/nn_average_pool2d_s8.c. */
export default defineKernel<AveragePool2dS8Params>({
  name: "nn_average_pool2d_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields(
    "batch in_h in_w channels out_h out_w kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
    "pad_top pad_left pad_bottom pad_right count_include_pad",
    "in_zero_point out_zero_point out_min out_max min_count",
  ),
  constants: [
    { name: "multiplier", type: "int32" },
    { name: "shift", type: "uint8" },
  ],
  inPlace: [],
  channels: (p, { constants }) =>
    poolChannels(p, (channels, io) => run({ ...p, channels, batch: 1 }, { ...io, constants })),
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, p.channels, p.channels, 1),
  run,
});
