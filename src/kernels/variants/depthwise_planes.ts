/**
 * What the depthwise convolutions for the DSP extension share: see runtime-c/include/nn_depthwise_planes_dsp.h.
 */

import { int32Fields, type Params } from "../kernel.js";
import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import { type Cost, defineVariant, only, type PlainCall, type Variant } from "../variant.js";

export const PLANE_FIELDS = int32Fields(
  "batch in_h in_w in_c out_h out_w channel_multiplier pad_top pad_left plane_columns lanes",
  "in_zero_point out_zero_point out_min out_max",
);

type Call = PlainCall<DepthwiseConv2dS8Params & Params>;

/** Rows and columns that the kernel spans with its dilation. */
export function extent(p: DepthwiseConv2dS8Params): { rows: number; columns: number } {
  return { rows: (p.kernel_h - 1) * p.dilation_h + 1, columns: (p.kernel_w - 1) * p.dilation_w + 1 };
}

/** Rows of a plane. */
export const PLANE_ROWS = 16;

/** Channels that are widened together: 4 are faster, 1 needs a quarter of the scratch. */
export type Lanes = 1 | 4;

/** Values of PLANE_FIELDS, and the scratch that they need. */
export function planes(p: DepthwiseConv2dS8Params, most: Lanes) {
  const plane_columns = Math.max((p.out_w - 1) * p.stride_w + extent(p).columns, p.pad_left + p.in_w);
  const lanes = p.in_c >= 4 ? most : 1;
  const { batch, in_h, in_w, in_c, out_h, out_w, channel_multiplier, pad_top, pad_left } = p;
  const { in_zero_point, out_zero_point, out_min, out_max } = p;
  return {
    params: {
      ...{ batch, in_h, in_w, in_c, out_h, out_w, channel_multiplier, pad_top, pad_left, plane_columns, lanes },
      ...{ in_zero_point, out_zero_point, out_min, out_max },
    },
    scratchBytes: 2 * PLANE_ROWS * plane_columns * lanes,
  };
}

/** Costs of the parts of a kernel: per output channel and band, per pair of output rows, per block of 2x2 and rest of it. */
export interface BlockCosts {
  readonly band: Cost;
  readonly rows: Cost;
  readonly block: Cost;
  readonly odd: Cost;
}

/** Per group of channels and band; per pair of image rows; per two pixels, of one channel and of four; per moved word. */
const BAND: Cost = { instructions: 270, cycles: 420 };
const PAIR: Cost = { instructions: 34, cycles: 50 };
const PIXELS_1: Cost = { instructions: 5.9, cycles: 8.5 };
const PIXELS_4: Cost = { instructions: 14.3, cycles: 18.5 };
const MOVED: Cost = { instructions: 3, cycles: 4.3 };

/** Within 5 % of what was measured on the layers of MobileNet v1 and v3 and of a keyword spotter, 3 to 48 columns. */
export function planesCost(p: DepthwiseConv2dS8Params, most: Lanes, bandRows: number, costs: BlockCosts): Cost {
  const { params } = planes(p, most);
  const bands = Math.ceil(p.out_h / bandRows);
  const lastRows = p.out_h - (bands - 1) * bandRows;
  const rowPairs = ((bands - 1) * bandRows) / 2 + Math.ceil(lastRows / 2);
  const imagePairs = Math.ceil(((p.out_h - 1) * p.stride_h + extent(p).rows) / 2);
  const blocks = Math.floor(p.out_w / 2);
  const four = params.lanes === 4 ? Math.floor(p.in_c / 4) : 0;
  const single = p.in_c - 4 * four;
  const total = (of: keyof Cost) => {
    const convolved =
      bands * costs.band[of] + rowPairs * (costs.rows[of] + blocks * costs.block[of] + (p.out_w % 2) * costs.odd[of]);
    const walked = bands * BAND[of] + imagePairs * PAIR[of];
    const moved = (bands - 1) * params.plane_columns * MOVED[of];
    const filled = 12 * params.lanes * params.plane_columns;
    return Math.round(
      100 +
        filled +
        p.batch *
          (p.out_c * convolved +
            (four + single) * walked +
            p.in_c * moved +
            imagePairs * p.in_w * (four * PIXELS_4[of] + single * PIXELS_1[of])),
    );
  };
  return { cycles: total("cycles"), instructions: total("instructions") };
}

/**
 * Whether the output may be the input when they are equal in size: outputs of a channel go to elements of that channel
 * that have been read. The planner asks for no more than equal sizes.
 */
export function inPlaceHolds(p: DepthwiseConv2dS8Params): boolean {
  if (p.in_h * p.in_w * p.in_c !== p.out_h * p.out_w * p.out_c) return true;
  if (p.channel_multiplier !== 1 || p.in_w !== p.out_w) return false;
  const { rows } = extent(p);
  for (let oy = 0; oy < p.out_h; oy++) {
    if (Math.min(p.in_h, oy * p.stride_h - p.pad_top + rows) <= oy) return false;
  }
  return true;
}

/** An output channel with weights in int16 [kernel_h][kernel_w] and the shift that all channels share. */
export interface ScaledChannel {
  readonly weights: readonly number[];
  readonly bias: number;
  readonly multiplier: number;
}

/**
 * Channels brought to the shift `shift` + 32 without any change of a result: weights and bias times a power of two where
 * the channel's own shift is smaller; where it is larger, a multiplier with fewer bits that is proved to give the same
 * for every accumulator in reach. In words why not, where a channel allows neither.
 */
export function scaledChannels({ params: p, constants }: Call, shift: number): ScaledChannel[] | string {
  const weights = constants.weights as Int8Array;
  const channels: ScaledChannel[] = [];
  for (let c = 0; c < p.out_c; c++) {
    const taps = Array.from({ length: p.kernel_h * p.kernel_w }, (_, tap) => weights[tap * p.out_c + c]);
    const bias = Number(constants.bias[c]);
    const channel = scaledChannel(taps, bias, Number(constants.multiplier[c]), Number(constants.shift[c]), shift, p);
    if (typeof channel === "string") return channel;
    channels.push(channel);
  }
  return channels;
}

type Range = Pick<DepthwiseConv2dS8Params, "out_zero_point" | "out_min" | "out_max">;

function scaledChannel(
  taps: readonly number[],
  bias: number,
  multiplier: number,
  own: number,
  shift: number,
  range: Range,
): ScaledChannel | string {
  let low = bias;
  let high = bias;
  let bound = Math.abs(bias);
  for (const w of taps) {
    low += w > 0 ? -128 * w : 127 * w;
    high += w > 0 ? 127 * w : -128 * w;
    bound += 128 * Math.abs(w);
  }
  const up = multiplier === 0 ? 0 : shift + 32 - own;
  if (up < 0) {
    const coarse = coarser(multiplier, own, shift + 32, low, high, range);
    if (coarse === undefined) return `a multiplier needs a shift of ${own}`;
    return scaledChannel(taps, bias, coarse, shift + 32, shift, range);
  }
  const scale = 2 ** up;
  if (taps.some((w) => Math.abs(w) * scale > 32767)) return `weights times ${scale} exceed int16`;
  const rounding = 2 ** (shift - 1) + Math.abs(range.out_zero_point) * 2 ** shift;
  if (bound * scale >= 2 ** 31 || (bound * scale) / 2 + rounding >= 2 ** 31) return `sums times ${scale} exceed int32`;
  return { weights: taps.map((w) => w * scale), bias: bias * scale, multiplier };
}

/** The multiplier for the smaller shift `to`, when it gives the same results for every accumulator in [low, high]. */
function coarser(multiplier: number, from: number, to: number, low: number, high: number, range: Range) {
  const coarse = Math.round(multiplier / 2 ** (from - to));
  for (let q = range.out_min + 1; q <= range.out_max; q++) {
    const steps = q - range.out_zero_point;
    const fine = reached(firstAccumulator(steps, multiplier, from), low, high);
    if (fine !== reached(firstAccumulator(steps, coarse, to), low, high)) return undefined;
  }
  return coarse;
}

/** The smallest accumulator whose rounded product is at least `steps`: ceil((2 * steps - 1) * 2^(shift - 1) / multiplier). */
function firstAccumulator(steps: number, multiplier: number, shift: number): number {
  const numerator = BigInt(2 * steps - 1) << BigInt(shift - 1);
  if (multiplier === 0) return numerator > 0n ? Infinity : -Infinity;
  const divisor = BigInt(multiplier);
  const quotient = numerator / divisor;
  return Number(numerator > 0n && quotient * divisor !== numerator ? quotient + 1n : quotient);
}

/** Thresholds outside the reach are all alike: above every accumulator, or at or below the lowest. */
const reached = (threshold: number, low: number, high: number) =>
  threshold > high ? Infinity : Math.max(threshold, low);

/** Two int16 as one word, the first in the low half. */
export const word = (low: number, high: number) => ((high & 0xffff) << 16) | (low & 0xffff);

/** Small enough that weights of channels with large multipliers stay int16, large enough for the usual small ones. */
const SHIFT = 10;

/** A variant for kernels of 3x3 whose assembly has SHIFT, the shift beyond 32, as an immediate. */
export function depthwise3x3(of: {
  readonly name: string;
  readonly cFunction: string;
  readonly codeBytes: number;
  readonly stride: number;
  readonly lanes: Lanes;
  readonly bandRows: number;
  readonly costs: BlockCosts;
  packed(channel: ScaledChannel): number[];
}): Variant {
  const { stride } = of;
  return defineVariant<DepthwiseConv2dS8Params>({
    name: of.name,
    of: "nn_depthwise_conv2d_s8",
    isa: "dsp",
    codeBytes: of.codeBytes,
    find: only({
      name: of.cFunction,
      inputs: 1,
      outputs: 1,
      params: PLANE_FIELDS,
      constants: [{ name: "weights", type: "int32" }],
      inPlace: [[0, 0]],
    }),
    implement(call) {
      const p = call.params;
      if (p.kernel_h !== 3 || p.kernel_w !== 3) return "the kernel is not 3x3";
      if (p.stride_h !== stride || p.stride_w !== stride) return `the stride is not ${stride}`;
      if (p.dilation_h !== 1 || p.dilation_w !== 1) return "the kernel is dilated";
      if (p.out_w < 2) return "a single column";
      if (!inPlaceHolds(p)) return "equal sizes of another shape";
      const channels = scaledChannels(call, SHIFT);
      if (typeof channels === "string") return channels;
      return {
        kernel: of.cFunction,
        ...planes(p, of.lanes),
        constants: { weights: Int32Array.from(channels.flatMap(of.packed)) },
        cost: planesCost(p, of.lanes, of.bandRows, of.costs),
      };
    },
  });
}
