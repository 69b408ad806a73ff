import { defineKernel, int32Fields } from "./kernel.js";
import { stridedChannels } from "./moved_channels.js";
import { asElements, forEachRow, rowOffset } from "./strided.js";

export type SliceParams = {
  element_bytes: number;
  shape: readonly number[];
  in_stride: readonly number[];
  in_offset: number;
};

/** Twin of runtime-c/src/nn_slice.c. */
export default defineKernel<SliceParams>({
  name: "nn_slice",
  inputs: 1,
  outputs: 1,
  params: [
    ...int32Fields("element_bytes"),
    { name: "shape", type: "int32_t", length: 6 },
    { name: "in_stride", type: "int32_t", length: 6 },
    ...int32Fields("in_offset"),
  ],
  constants: [],
  inPlace: [],
  channels: (p, context) => stridedChannels(p, p.in_offset, context),
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = asElements(inputs[0], p.element_bytes);
    const output = asElements(outputs[0], p.element_bytes);
    let out = 0;
    forEachRow(p.shape, (index) => {
      let at = p.in_offset + rowOffset(index, p.in_stride);
      for (let i = 0; i < p.shape[5]; i++, at += p.in_stride[5]) output[out++] = input[at];
    });
  },
});
