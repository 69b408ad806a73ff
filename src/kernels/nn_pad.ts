import { strides } from "../graph/ir.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { asElements, forEachRow, rowOffset } from "./strided.js";

export type PadParams = {
  element_bytes: number;
  in_shape: readonly number[];
  pad_begin: readonly number[];
  out_shape: readonly number[];
  value_bits: number;
  value_high: number;
};

/** Twin of runtime-c/src/nn_pad.c. */
export default defineKernel<PadParams>({
  name: "nn_pad",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields("element_bytes"),
    { name: "in_shape", type: "int32_t", length: 6 },
    { name: "pad_begin", type: "int32_t", length: 6 },
    { name: "out_shape", type: "int32_t", length: 6 },
    ...int32Fields("value_bits value_high"),
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], p.element_bytes);
    const output = asElements(outputs[0], p.element_bytes);
    const step = strides(p.out_shape);
    const begin = p.pad_begin.reduce((sum, pad, axis) => sum + pad * step[axis], 0);
    const value = asElements(Int32Array.of(p.value_bits, p.value_high), p.element_bytes);
    output.fill(value[0]);
    let from = 0;
    forEachRow(p.in_shape, (index) => {
      const to = begin + rowOffset(index, step);
      for (let i = 0; i < p.in_shape[5]; i++) output[to + i] = input[from++];
    });
  },
});
