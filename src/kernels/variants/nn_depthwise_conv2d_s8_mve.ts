import { int32Fields } from "../kernel.js";
import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { highWordTables, leadOfWalk, type Tables, type WalkStep } from "./mve.js";

const NAME = "nn_depthwise_conv2d_s8_mve";

type P = DepthwiseConv2dS8Params;

export const BAND_FIELDS = int32Fields(
  "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
  "pad_top pad_left in_zero_point out_zero_point out_min out_max band_bytes",
);

/** Whether two output rows share a band of four input rows. */
const paired = (p: P) => p.kernel_h < 4 && p.stride_h === 1 && p.dilation_h === 1;

/**
 * Output rows that are computed at a time, in the order of the C function; their input rows are interleaved before they
 * are written. @param two whether rows are computed two at a time where there are two
 */
export function steps(p: P, two: boolean): WalkStep[] {
  const rowBytes = p.in_w * p.in_c;
  const result: WalkStep[] = [];
  for (let n = 0; n < p.batch; n++) {
    for (let oy = 0, count = 1; oy < p.out_h; oy += count) {
      count = two && oy + 1 < p.out_h ? 2 : 1;
      const top = oy * p.stride_h - p.pad_top;
      const reads = Array.from({ length: p.kernel_h + count - 1 }, (_, row) => top + row * p.dilation_h);
      const y = reads.find((row) => row >= 0 && row < p.in_h);
      result.push({
        first: y === undefined ? Number.POSITIVE_INFINITY : (n * p.in_h + y) * rowBytes,
        end: (n * p.out_h + oy + count) * p.out_w * p.out_c,
      });
    }
  }
  return result;
}

/** The band: every column under a window, those of the tiles that reach over the last column included. */
export function bandBytes(p: P): number {
  const windows = (Math.max(p.out_w, 4) - 1) * p.stride_w + (p.kernel_w - 1) * p.dilation_w + 1;
  return 4 * p.in_c * Math.max(windows, p.pad_left + p.in_w) + 64;
}

/** See the header of the C function. */
function packed(p: P, { weights, bias, multiplier, shift }: Tables): Int32Array {
  const words = new Int32Array(8 * p.out_c);
  const bytes = new Int8Array(words.buffer);
  for (let c = 0; c < p.out_c; c++) {
    for (let ky = 0; ky < p.kernel_h; ky++) {
      for (let kx = 0; kx < p.kernel_w; kx++) {
        bytes[32 * c + 4 * kx + ky] = weights[(ky * p.kernel_w + kx) * p.out_c + c];
      }
    }
    words.set([bias[c], multiplier[c], -(shift[c] + 1), 4 * Math.floor(c / p.channel_multiplier)], 8 * c + 4);
  }
  return words;
}

/** Within 12 % of what was measured on the layers of the MLPerf Tiny models. */
function instructionsOf(p: P): number {
  const chunks = Math.ceil((p.in_w * p.in_c) / 16);
  const overlap = (columns: number) => (p.out_w % columns ? 24 : 0);
  const two = 20 + 20 * Math.floor(p.out_w / 2) + overlap(2);
  const one = 20 + 24 * Math.floor(p.out_w / 4) + overlap(4);
  let bands = 0;
  for (let oy = 0, count = 1; oy < p.out_h; oy += count) {
    count = paired(p) && oy + 1 < p.out_h ? 2 : 1;
    const top = oy * p.stride_h - p.pad_top;
    const whole = top >= 0 && top + (p.kernel_h + count - 2) * p.dilation_h < p.in_h;
    bands += 150 + p.out_c * (count === 2 ? two : one) + (whole ? 9 * chunks + 20 : 36 * chunks);
  }
  return 400 + bandBytes(p) / 4 + p.batch * bands;
}

/**
 * Depthwise convolution with kernels of at most 4x4. Four input rows are interleaved so that the four rows of a column
 * of a channel are one word; a gather of four words is a window, and one VMLADAV its sum. With stride 1 and three
 * rows, a window serves two output rows.
 */
export default defineVariant<P>({
  name: NAME,
  of: "nn_depthwise_conv2d_s8",
  isa: "mve",
  codeBytes: 1570,
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
    if (p.kernel_h > 4 || p.kernel_w > 4) return "the kernel is larger than 4x4";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const band_bytes = bandBytes(params);
    const walk = steps(params, paired(params));
    const instructions = Math.round(instructionsOf(params));
    return {
      kernel: NAME,
      params: { ...p, band_bytes },
      constants: { packed: packed(params, tables) },
      scratchBytes: band_bytes,
      lead: leadOfWalk(walk, p.batch * p.in_h * p.in_w * p.in_c),
      cost: { cycles: instructions, instructions },
    };
  },
});
