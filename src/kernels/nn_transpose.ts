import { defineKernel, int32Fields } from "./kernel.js";
import { stridedChannels } from "./moved_channels.js";
import { asElements, forEachRow, rowOffset } from "./strided.js";

export type TransposeParams = { element_bytes: number; shape: readonly number[]; in_stride: readonly number[] };

/** Twin of runtime-c/src/nn_transpose.c. */
export default defineKernel<TransposeParams>({
  name: "nn_transpose",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields("element_bytes"),
    { name: "shape", type: "int32_t", length: 6 },
    { name: "in_stride", type: "int32_t", length: 6 },
  ],
  constants: [],
  inPlace: [],
  channels: (p, context) => stridedChannels(p, 0, context),
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], p.element_bytes);
    const output = asElements(outputs[0], p.element_bytes);
    const step = p.in_stride[5];
    let out = 0;
    forEachRow(p.shape, (index) => {
      let at = rowOffset(index, p.in_stride);
      for (let i = 0; i < p.shape[5]; i++, at += step) output[out++] = input[at];
    });
  },
});
