import { strides } from "../graph/ir.js";
import { countKept, emptyRanges, fullRanges, include } from "./channels.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { together } from "./moved_channels.js";
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
  channels(p, { type }) {
    const [inputs, outputs, begin] = [p.in_shape[5], p.out_shape[5], p.pad_begin[5]];
    const inside = (i: number) => (i >= begin && i < begin + inputs ? i - begin : undefined);
    const rowsPadded = p.in_shape.some((size, axis) => axis < 5 && size !== p.out_shape[axis]);
    return {
      inputs: [inputs],
      outputs: [outputs],
      ranges([input]) {
        if (type !== "int8") return [fullRanges(type, outputs)];
        const value = (p.value_bits << 24) >> 24;
        const result = emptyRanges(outputs);
        for (let i = 0; i < outputs; i++) {
          const from = inside(i);
          if (from !== undefined) include(result, i, input.min[from], input.max[from]);
          if (from === undefined || rowsPadded) include(result, i, value, value);
        }
        return [result];
      },
      require: (kept) => together(kept.outputs[0], kept.inputs[0], inside),
      narrow: ({ inputs: [input], outputs: [output] }) => ({
        params: {
          ...p,
          in_shape: p.in_shape.with(5, countKept(input)),
          pad_begin: p.pad_begin.with(5, countKept(output.subarray(0, begin))),
          out_shape: p.out_shape.with(5, countKept(output)),
        },
      }),
    };
  },
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
