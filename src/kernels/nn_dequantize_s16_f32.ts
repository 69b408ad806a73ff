import { defineKernel } from "./kernel.js";
import { countRows } from "./rows.js";

export type DequantizeS16F32Params = { count: number; scale: number };

/** Twin of runtime-c/src/nn_dequantize_s16_f32.c. */
export default defineKernel<DequantizeS16F32Params>({
  name: "nn_dequantize_s16_f32",
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
    const input = inputs[0] as Int16Array;
    const output = outputs[0] as Float32Array;
    const scale = Math.fround(p.scale);
    for (let i = 0; i < p.count; i++) output[i] = Math.fround(input[i] * scale);
  },
});
