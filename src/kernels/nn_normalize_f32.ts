import { defineKernel, floatFields, int32Fields } from "./kernel.js";
import { forEachPlace, forEachScaled, NORMALIZE_FIELDS, type NormalizeParams } from "./normalize_params.js";
import { forEachInWindow } from "./window_params.js";

export type NormalizeF32Params = NormalizeParams & { count: number; centre: number; epsilon: number };

/** Twin of runtime-c/src/nn_normalize_f32.c. */
export default defineKernel<NormalizeF32Params>({
  name: "nn_normalize_f32",
  inputs: 1,
  outputs: 1,
  params: [...NORMALIZE_FIELDS, ...int32Fields("count centre"), ...floatFields("epsilon")],
  constants: [
    { name: "scale", type: "float32" },
    { name: "bias", type: "float32" },
  ],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const fround = Math.fround;
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const scale = constants.scale as Float32Array;
    const bias = constants.bias as Float32Array;
    const count = fround(p.count);
    const epsilon = fround(p.epsilon);
    forEachPlace(p, (first, firstScale) => {
      let sum = 0;
      if (p.centre !== 0) {
        forEachInWindow(p, first, (at) => {
          sum = fround(sum + input[at]);
        });
      }
      const mean = fround(sum / count);
      let squares = 0;
      forEachInWindow(p, first, (at) => {
        const d = fround(input[at] - mean);
        squares = fround(squares + fround(d * d));
      });
      const deviation = fround(Math.sqrt(fround(fround(squares / count) + epsilon)));
      forEachScaled(p, first, firstScale, (at, channel) => {
        const y = fround(fround(input[at] - mean) / deviation);
        output[at] = fround(fround(y * scale[channel]) + bias[channel]);
      });
    });
  },
});
