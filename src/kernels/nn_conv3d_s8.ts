import { requantize } from "../numerics/requantize.js";
import { CHANNEL_TABLES } from "./image_params.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { CONV3D_FIELDS, type Conv3dParams, tapSources } from "./volume_params.js";

export type Conv3dS8Params = Conv3dParams & {
  in_zero_point: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
};

/** Twin of runtime-c/src/nn_conv3d_s8.c; shapes and units stand in its header. */
export default defineKernel<Conv3dS8Params>({
  name: "nn_conv3d_s8",
  inputs: 1,
  outputs: 1,
  params: [...CONV3D_FIELDS, ...int32Fields("in_zero_point out_zero_point out_min out_max")],
  constants: CHANNEL_TABLES,
  inPlace: [],
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
    const volume = p.in_d * p.in_h * p.in_w;
    const outVolume = p.out_d * p.out_h * p.out_w;
    const taps = p.kernel_d * p.kernel_h * p.kernel_w;
    const sources = new Int32Array(taps);
    for (let o = 0; o < outVolume; o++) {
      tapSources(p, o, sources);
      for (let n = 0; n < p.batch; n++) {
        for (let oc = 0; oc < p.out_c; oc++) {
          const first = n * p.in_c + Math.floor(oc / groupOut) * groupIn;
          let acc = bias[oc];
          for (let ic = 0; ic < groupIn; ic++) {
            const from = (first + ic) * volume;
            const w = (oc * groupIn + ic) * taps;
            for (let tap = 0; tap < taps; tap++) {
              const at = sources[tap];
              acc += (at >= 0 ? input[from + at] : p.in_zero_point) * weights[w + tap];
            }
          }
          output[(n * p.out_c + oc) * outVolume + o] = requantize(
            acc,
            multiplier[oc],
            shift[oc],
            p.out_zero_point,
            p.out_min,
            p.out_max,
          );
        }
      }
    }
  },
});
