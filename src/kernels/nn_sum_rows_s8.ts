import { defineKernel, int32Fields } from "./kernel.js";
import { sumRows } from "./rows.js";

export type SumRowsS8Params = {
  rows: number;
  count: number;
  inner: number;
  in_zero_point: number;
  /** Rows that are in the sums already; of a whole call 0. */
  made: number;
};

/** Twin of runtime-c/src/nn_sum_rows_s8.c: the sums of a mean, which cascades add up row by row. */
export default defineKernel<SumRowsS8Params>({
  name: "nn_sum_rows_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("rows count inner in_zero_point made"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: (p) => sumRows(p.rows),
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int32Array;
    const pixels = p.rows * p.count;
    for (let inner = 0; inner < p.inner; inner++) {
      let acc = (p.made > 0 ? output[inner] : 0) - pixels * p.in_zero_point;
      for (let i = 0; i < pixels; i++) acc += input[i * p.inner + inner];
      output[inner] = acc;
    }
  },
});
