import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { highWordTables, leadOfWalk, type Tables } from "./mve.js";
import { BAND_FIELDS, bandBytes, steps } from "./nn_depthwise_conv2d_s8_mve.js";

const NAME = "nn_depthwise_conv2d_any_s8_mve";

type P = DepthwiseConv2dS8Params;

const partsOf = (taps: number) => Math.ceil(taps / 4);

/** See the header of the C function. */
function packed(p: P, { weights, bias, multiplier, shift }: Tables): Int32Array {
  const columns = partsOf(p.kernel_w);
  const parts = partsOf(p.kernel_h) * columns;
  const words = new Int32Array((4 * parts + 4) * p.out_c);
  const bytes = new Int8Array(words.buffer);
  for (let c = 0; c < p.out_c; c++) {
    const start = (4 * parts + 4) * c;
    for (let ky = 0; ky < p.kernel_h; ky++) {
      for (let kx = 0; kx < p.kernel_w; kx++) {
        const part = Math.floor(ky / 4) * columns + Math.floor(kx / 4);
        bytes[4 * start + 16 * part + 4 * (kx % 4) + (ky % 4)] = weights[(ky * p.kernel_w + kx) * p.out_c + c];
      }
    }
    const input = Math.floor(c / p.channel_multiplier);
    words.set([bias[c], multiplier[c], -(shift[c] + 1), 4 * input], start + 4 * parts);
  }
  return words;
}

/** Depthwise convolution with kernels of any size, in parts of 4x4: see nn_depthwise_conv2d_s8_mve. */
export default defineVariant<P>({
  name: NAME,
  of: "nn_depthwise_conv2d_s8",
  isa: "mve",
  codeBytes: 1400,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: BAND_FIELDS,
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params, constants }) {
    const { channel_multiplier: _, ...p } = params;
    const bands = partsOf(p.kernel_h);
    const parts = bands * partsOf(p.kernel_w);
    if (parts > 64) return "the kernel has more than 64 parts of 4x4";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    // The last part of a row reaches over the kernel.
    const band_bytes = 16 * Math.ceil(bandBytes({ ...params, kernel_w: 4 * partsOf(p.kernel_w) }) / 16);
    const chunks = Math.ceil((p.in_w * p.in_c) / 16);
    const perRow = 60 + bands * (80 + 15 * chunks) + p.out_c * (25 + Math.ceil(p.out_w / 4) * (25 + 16 * parts));
    const instructions = 300 + (bands * band_bytes) / 4 + p.batch * p.out_h * perRow;
    return {
      kernel: NAME,
      params: { ...p, band_bytes },
      constants: { packed: packed(params, tables) },
      scratchBytes: bands * band_bytes,
      lead: leadOfWalk(steps(params, false), p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
