import { defineKernel, int32Fields } from "./kernel.js";
import { asElements, forEachRow, rowOffset } from "./strided.js";

export type WhereParams = {
  element_bytes: number;
  shape: readonly number[];
  c_stride: readonly number[];
  a_stride: readonly number[];
  b_stride: readonly number[];
};

/** Twin of runtime-c/src/nn_where.c. */
export default defineKernel<WhereParams>({
  name: "nn_where",
  inputs: 3,
  outputs: 1,
  params: [
    ...int32Fields("element_bytes"),
    ...["shape", "c_stride", "a_stride", "b_stride"].map((name) => ({ name, type: "int32_t" as const, length: 6 })),
  ],
  constants: [],
  inPlace: [
    [1, 0],
    [2, 0],
  ],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const condition = inputs[0] as Uint8Array;
    const a = asElements(inputs[1], p.element_bytes);
    const b = asElements(inputs[2], p.element_bytes);
    const output = asElements(outputs[0], p.element_bytes);
    let out = 0;
    forEachRow(p.shape, (index) => {
      const [c0, a0, b0] = [p.c_stride, p.a_stride, p.b_stride].map((stride) => rowOffset(index, stride));
      for (let i = 0; i < p.shape[5]; i++) {
        const chosen = condition[c0 + i * p.c_stride[5]] !== 0;
        output[out++] = chosen ? a[a0 + i * p.a_stride[5]] : b[b0 + i * p.b_stride[5]];
      }
    });
  },
});
