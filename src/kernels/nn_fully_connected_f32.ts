import { clampF32 } from "../numerics/float_math.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type FullyConnectedF32Params = {
  rows: number;
  in_features: number;
  out_features: number;
  out_min: number;
  out_max: number;
};

/** Twin of runtime-c/src/nn_fully_connected_f32.c. Four features are summed at once; see nn_conv2d_f32. */
export default defineKernel<FullyConnectedF32Params>({
  name: "nn_fully_connected_f32",
  inputs: 1,
  outputs: 1,
  params: [...int32Fields("rows in_features out_features"), ...floatFields("out_min out_max")],
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
    const { in_features: count, out_features: features } = p;
    const last = features - 1;
    for (let row = 0; row < p.rows; row++) {
      const at = row * count;
      for (let f = 0; f < features; f += 4) {
        const f1 = Math.min(f + 1, last);
        const f2 = Math.min(f + 2, last);
        const f3 = Math.min(f + 3, last);
        let sum0 = bias[f];
        let sum1 = bias[f1];
        let sum2 = bias[f2];
        let sum3 = bias[f3];
        for (let i = 0; i < count; i++) {
          const x = input[at + i];
          sum0 = fround(sum0 + fround(x * weights[f * count + i]));
          sum1 = fround(sum1 + fround(x * weights[f1 * count + i]));
          sum2 = fround(sum2 + fround(x * weights[f2 * count + i]));
          sum3 = fround(sum3 + fround(x * weights[f3 * count + i]));
        }
        const out = row * features;
        output[out + f] = clampF32(sum0, p.out_min, p.out_max);
        output[out + f1] = clampF32(sum1, p.out_min, p.out_max);
        output[out + f2] = clampF32(sum2, p.out_min, p.out_max);
        output[out + f3] = clampF32(sum3, p.out_min, p.out_max);
      }
    }
  },
});
