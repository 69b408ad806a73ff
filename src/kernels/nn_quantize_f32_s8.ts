import { roundHalfEven } from "../numerics/requantize.js";
import { channelwise, countKept } from "./channels.js";
import { defineKernel } from "./kernel.js";
import { countRows } from "./rows.js";

export type QuantizeF32S8Params = { count: number; scale: number; zero_point: number };

/** QuantizeLinear of one value; NaN gives the zero point. */
function quantizeOne(x: number, { scale, zero_point }: QuantizeF32S8Params): number {
  const real = Math.fround(x / Math.fround(scale));
  const clamped = Math.max(-128 - zero_point, Math.min(127 - zero_point, real));
  return (Number.isNaN(real) ? 0 : roundHalfEven(clamped)) + zero_point;
}

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
  channels: (p) =>
    channelwise(
      p.count,
      1,
      ([{ min, max }]) => [{ min: min.map((x) => quantizeOne(x, p)), max: max.map((x) => quantizeOne(x, p)) }],
      (kept) => ({ params: { ...p, count: countKept(kept) } }),
    ),
  scratch: () => 0,
  rows: countRows("count"),
  lead: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Int8Array;
    for (let i = 0; i < p.count; i++) output[i] = quantizeOne(input[i], p);
  },
});
