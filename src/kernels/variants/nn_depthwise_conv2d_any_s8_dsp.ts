import { int32Fields } from "../kernel.js";
import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import {
  type BlockCosts,
  extent,
  inPlaceHolds,
  type Lanes,
  PLANE_FIELDS,
  PLANE_ROWS,
  planes,
  planesCost,
  type ScaledChannel,
  scaledChannels,
  word,
} from "./depthwise_planes.js";

const NAME = "nn_depthwise_conv2d_any_s8_dsp";

/** Shifts beyond 32 to try, the usual ones first. */
const SHIFTS = [10, 9, 11, 8, 12, 7, 13, 6, 14, 5, 15, 4, 16, 3, 17, 2, 18, 1, 19, 20, 21, 22];

/** With `most` channels widened at a time. */
export const withLanes = (name: string, most: Lanes) =>
  defineVariant<DepthwiseConv2dS8Params>({
    name,
    of: "nn_depthwise_conv2d_s8",
    isa: "dsp",
    codeBytes: 2140,
    find: only({
      name: NAME,
      inputs: 1,
      outputs: 1,
      params: [
        ...PLANE_FIELDS,
        ...int32Fields("kernel_h kernel_w stride_h stride_w dilation_w band_rows pair_words shift"),
      ],
      constants: [{ name: "weights", type: "int32" }],
      inPlace: [[0, 0]],
    }),
    implement(call) {
      const p = call.params;
      const { rows } = extent(p);
      const band_rows = 2 * Math.floor((Math.floor((PLANE_ROWS - rows) / p.stride_h) + 1) / 2);
      if (band_rows < 2) return `two output rows read more than ${PLANE_ROWS} rows`;
      if (!inPlaceHolds(p)) return "equal sizes of another shape";
      for (const shift of SHIFTS) {
        const channels = scaledChannels(call, shift);
        if (typeof channels === "string") continue;
        const pair_words = Math.ceil((rows + p.stride_h) / 2);
        const { params, scratchBytes } = planes(p, most);
        const { kernel_w, stride_h, stride_w, dilation_w } = p;
        return {
          kernel: NAME,
          params: {
            ...params,
            ...{ kernel_h: rows, kernel_w, stride_h, stride_w, dilation_w, band_rows, pair_words, shift },
          },
          scratchBytes,
          constants: { weights: Int32Array.from(channels.flatMap((channel) => packed(channel, p, pair_words))) },
          cost: planesCost(p, most, band_rows, blockCosts(kernel_w, pair_words)),
        };
      }
      return "no shift that all channels can share";
    },
  });

/** Any kernel, stride and dilation: two output rows and columns at a time, in C. */
export default withLanes(NAME, 4);

function blockCosts(columns: number, words: number): BlockCosts {
  const block = {
    instructions: 85 + columns * (11 + 11 * words),
    cycles: 130 + columns * (18 + 16 * words),
  };
  return {
    band: { instructions: 60, cycles: 80 },
    rows: { instructions: 15, cycles: 25 },
    block,
    odd: block,
  };
}

/** See the header of the C function. */
function packed({ weights, bias, multiplier }: ScaledChannel, p: DepthwiseConv2dS8Params, words: number): number[] {
  const packedWords: number[] = [];
  for (let kx = 0; kx < p.kernel_w; kx++) {
    const tap = (row: number) => {
      const ky = row / p.dilation_h;
      return Number.isInteger(ky) && ky >= 0 && ky < p.kernel_h ? weights[ky * p.kernel_w + kx] : 0;
    };
    for (let row = 0; row < 2 * words; row += 2) {
      packedWords.push(word(tap(row), tap(row + 1)), word(tap(row - p.stride_h), tap(row + 1 - p.stride_h)));
    }
  }
  return [...packedWords, bias, multiplier];
}
