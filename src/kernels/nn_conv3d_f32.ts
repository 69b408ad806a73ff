import { clampF32 } from "../numerics/float_math.js";
import { defineKernel, floatFields } from "./kernel.js";
import { CONV3D_FIELDS, type Conv3dParams, tapSources } from "./volume_params.js";

export type Conv3dF32Params = Conv3dParams & { out_min: number; out_max: number };

/** Twin of runtime-c/src/nn_conv3d_f32.c; shapes and units stand in its header. */
export default defineKernel<Conv3dF32Params>({
  name: "nn_conv3d_f32",
  inputs: 1,
  outputs: 1,
  params: [...CONV3D_FIELDS, ...floatFields("out_min out_max")],
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
              if (at >= 0) acc = fround(acc + fround(input[from + at] * weights[w + tap]));
            }
          }
          output[(n * p.out_c + oc) * outVolume + o] = clampF32(acc, p.out_min, p.out_max);
        }
      }
    }
  },
});
