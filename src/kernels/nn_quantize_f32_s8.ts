import { roundHalfEven } from "../numerics/requantize.js";
import { defineKernel } from "./kernel.js";
import { countRows } from "./rows.js";

export type QuantizeF32S8Params = { count: number; scale: number; zero_point: number };

/** Twin of runtime-c/src/nn_quantize_f32_s8.c: ONNX QuantizeLinear in float32; NaN gives the zero point. */
export default defineKernel<QuantizeF32S8Params>({
  name: "nn_quantize_f32_s8",
  inputs: 1,
  outputs: 1,
  params: [
    { name: "count", type: "int32_t" },
    { name: "scale", type: "float" },
    { name: "zero_point", type: "int32_t" },
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: countRows("count"),
  lead: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Int8Array;
    const scale = Math.fround(p.scale);
    for (let i = 0; i < p.count; i++) {
      const real = Math.fround(input[i] / scale);
      const clamped = Math.max(-128 - p.zero_point, Math.min(127 - p.zero_point, real));
      output[i] = (Number.isNaN(real) ? 0 : roundHalfEven(clamped)) + p.zero_point;
    }
  },
});
