import { bytesPerElement } from "../graph/ir.js";
import { channelwise, countKept } from "./channels.js";
import { defineKernel, int32Fields } from "./kernel.js";
import { asElements } from "./strided.js";

export type ResizeNearestParams = {
  batch: number;
  in_h: number;
  in_w: number;
  out_h: number;
  out_w: number;
  pixel_bytes: number;
};

/** Twin of runtime-c/src/nn_resize_nearest.c. */
export default defineKernel<ResizeNearestParams>({
  name: "nn_resize_nearest",
  inputs: 1,
  outputs: 1,
  params: int32Fields("batch in_h in_w out_h out_w pixel_bytes"),
  constants: [
    { name: "rows", type: "uint16" },
    { name: "columns", type: "uint16" },
  ],
  inPlace: [],
  channels(p, { type }) {
    const bytes = bytesPerElement(type);
    return channelwise(
      p.pixel_bytes / bytes,
      1,
      (inputs) => inputs,
      (kept) => ({ params: { ...p, pixel_bytes: countKept(kept) * bytes } }),
    );
  },
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = asElements(inputs[0], 1) as Uint8Array;
    const output = asElements(outputs[0], 1) as Uint8Array;
    const rows = constants.rows as Uint16Array;
    const columns = constants.columns as Uint16Array;
    let out = 0;
    for (let n = 0; n < p.batch; n++) {
      for (let oy = 0; oy < p.out_h; oy++) {
        for (let ox = 0; ox < p.out_w; ox++) {
          const at = ((n * p.in_h + rows[oy]) * p.in_w + columns[ox]) * p.pixel_bytes;
          output.set(input.subarray(at, at + p.pixel_bytes), out);
          out += p.pixel_bytes;
        }
      }
    }
  },
});
