import { clampF32 } from "../numerics/float_math.js";
import { BATCH_FIELDS, type BatchParams, batchOffsets } from "./batch_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type MatMulF32Params = BatchParams & { out_min: number; out_max: number };

/** Twin of runtime-c/src/nn_matmul_f32.c. */
export default defineKernel<MatMulF32Params>({
  name: "nn_matmul_f32",
  inputs: 2,
  outputs: 1,
  params: [...BATCH_FIELDS, ...int32Fields("rows inner cols"), ...floatFields("out_min out_max")],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const fround = Math.fround;
    const [a, b] = inputs as Float32Array[];
    const output = outputs[0] as Float32Array;
    let out = 0;
    for (const [fromA, fromB] of batchOffsets(p)) {
      for (let row = 0; row < p.rows; row++) {
        for (let col = 0; col < p.cols; col++) {
          let acc = 0;
          for (let i = 0; i < p.inner; i++) {
            acc = fround(acc + fround(a[fromA + row * p.inner + i] * b[fromB + i * p.cols + col]));
          }
          output[out++] = clampF32(acc, p.out_min, p.out_max);
        }
      }
    }
  },
});
