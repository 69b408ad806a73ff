import { channelwise, countKept } from "./channels.js";
import { defineKernel } from "./kernel.js";
import { countRows } from "./rows.js";

export type DequantizeS8F32Params = { count: number; scale: number; zero_point: number };

/** Twin of runtime-c/src/nn_dequantize_s8_f32.c. */
export default defineKernel<DequantizeS8F32Params>({
  name: "nn_dequantize_s8_f32",
  inputs: 1,
  outputs: 1,
  params: [
    { name: "count", type: "int32_t" },
    { name: "scale", type: "float" },
    { name: "zero_point", type: "int32_t" },
  ],
  constants: [],
  inPlace: [],
  channels(p) {
    const real = (stored: number) => Math.fround((stored - p.zero_point) * Math.fround(p.scale));
    return channelwise(
      p.count,
      1,
      ([{ min, max }]) => [{ min: min.map(real), max: max.map(real) }],
      (kept) => ({ params: { ...p, count: countKept(kept) } }),
    );
  },
  scratch: () => 0,
  rows: countRows("count"),
  lead: (p) => 3 * (p.count - 1),
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Float32Array;
    const scale = Math.fround(p.scale);
    for (let i = 0; i < p.count; i++) output[i] = Math.fround((input[i] - p.zero_point) * scale);
  },
});
