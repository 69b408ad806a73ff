import { roundHalfEven } from "../numerics/requantize.js";
import { defineKernel } from "./kernel.js";
import { countRows } from "./rows.js";

export type QuantizeF32S16Params = { count: number; scale: number };

/** Twin of runtime-c/src/nn_quantize_f32_s16.c: ONNX QuantizeLinear in float32 with zero point 0; NaN gives 0. */
export default defineKernel<QuantizeF32S16Params>({
  name: "nn_quantize_f32_s16",
  inputs: 1,
  outputs: 1,
  params: [
    { name: "count", type: "int32_t" },
    { name: "scale", type: "float" },
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: countRows("count"),
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Int16Array;
    const scale = Math.fround(p.scale);
    for (let i = 0; i < p.count; i++) {
      const real = Math.fround(input[i] / scale);
      output[i] = Number.isNaN(real) ? 0 : roundHalfEven(Math.max(-32768, Math.min(32767, real)));
    }
  },
});
