import { requantize } from "../numerics/requantize.js";
import { BATCH_FIELDS, type BatchParams, batchOffsets } from "./batch_params.js";
import { defineKernel, int32Fields } from "./kernel.js";

export type MatMulS8Params = BatchParams & {
  a_zero_point: number;
  b_zero_point: number;
  multiplier: number;
  shift: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
};

/** Twin of runtime-c/src/nn_matmul_s8.c. */
export default defineKernel<MatMulS8Params>({
  name: "nn_matmul_s8",
  inputs: 2,
  outputs: 1,
  params: [
    ...BATCH_FIELDS,
    ...int32Fields("rows inner cols a_zero_point b_zero_point multiplier shift out_zero_point out_min out_max"),
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const [a, b] = inputs as Int8Array[];
    const output = outputs[0] as Int8Array;
    let out = 0;
    for (const [fromA, fromB] of batchOffsets(p)) {
      for (let row = 0; row < p.rows; row++) {
        for (let col = 0; col < p.cols; col++) {
          let acc = 0;
          for (let i = 0; i < p.inner; i++) {
            const x = a[fromA + row * p.inner + i] - p.a_zero_point;
            const y = b[fromB + i * p.cols + col] - p.b_zero_point;
            acc = (acc + x * y) | 0;
          }
          output[out++] = requantize(acc, p.multiplier, p.shift, p.out_zero_point, p.out_min, p.out_max);
        }
      }
    }
  },
});
