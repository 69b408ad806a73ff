/** nn_depthwise_conv2d_s8 in portable C: a ring of padded rows, a few pixels times a few channels in registers. */
import { type CFunction, int32Fields } from "../kernel.js";
import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import type { Cost, Implementation, PlainCall, Variant } from "../variant.js";
import {
  type Blocking,
  biasedFits,
  blockedTables,
  channelsOf,
  numbers,
  pixelViews,
  SCALES,
  scaled,
  scalingOf,
  scalings,
  type Work,
} from "./blocking.js";

export interface DepthwiseCosts {
  /** Per tap of a block of channels and pixels. */
  readonly tap: Cost;
  readonly block: Cost;
  /** Per output that is not small, see Scaling, beyond one that is. */
  readonly wide: Cost;
  /** Per byte of the ring that is filled. */
  readonly byte: Cost;
}

type DepthwiseBlocking = Omit<Blocking, "unroll">;

/** The columns of values of a channel that neighbouring pixels share, each with the products that it is in. */
function columnsOf(channel: number, pixels: number) {
  return numbers(pixels + 2).map((column) => ({
    ...{ column, channel },
    products: numbers(3)
      .map((tap) => ({ tap, pixel: column - tap }))
      .filter(({ pixel }) => pixel >= 0 && pixel < pixels)
      .map(({ tap, pixel }) => ({ name: `acc${channel}${pixel}`, tap })),
  }));
}

const nameOf = ({ isa }: DepthwiseBlocking, shared: boolean, small: boolean) =>
  `nn_depthwise_conv2d_s8_${isa}_${shared ? 3 : "any"}${small ? "_small" : ""}`;

function functionOf(blocking: DepthwiseBlocking, shared: boolean, small: boolean): CFunction {
  const name = nameOf(blocking, shared, small);
  const { pixels, channels, biased } = blocking;
  return {
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left channel_multiplier in_zero_point out_zero_point out_min out_max acc_shift ring_columns",
    ),
    constants: [{ name: "weights", type: "int8" }, { name: "bias", type: "int32" }, ...SCALES[small ? "small" : "any"]],
    inPlace: [],
    template: {
      name: "depthwise_conv2d_s8_blocked",
      view: {
        ...{ name, upper: name.toUpperCase(), small, type: biased ? "uint8_t" : "int8_t", biased },
        ...{ pixelCount: pixels, channelCount: channels },
        nextPixels: numbers(pixels - 1).map((before) => ({ before, pixel: before + 1 })),
        ...pixelViews(pixels),
        channels: numbers(channels).map((channel) => {
          const sums = numbers(pixels).map((pixel) => ({ name: `acc${channel}${pixel}`, channel, pixel }));
          return { channel, sums, backwards: [...sums].reverse(), columns: columnsOf(channel, pixels) };
        }),
        shared,
        nextColumns: numbers(pixels + 1).map((before) => ({ before, column: before + 1 })),
      },
    },
  };
}

function implement(
  blocking: DepthwiseBlocking,
  costs: DepthwiseCosts,
  call: PlainCall<DepthwiseConv2dS8Params>,
): Implementation | string {
  const p = call.params;
  const taps = p.kernel_h * p.kernel_w;
  const channels = channelsOf(call, taps, (c, tap) => tap * p.out_c + c);
  const scaling = scalingOf(channels, blocking);
  if (typeof scaling === "string") return scaling;
  if (blocking.biased && !biasedFits(channels)) return "sums leave 32 bits when 128 is added to values";
  const ringRows = (p.kernel_h - 1) * p.dilation_h + 1;
  // Of the last pixels, or of a block that is wider than the output.
  const lastPixel = Math.max(p.out_w, blocking.pixels) - 1;
  const ringColumns = Math.max(lastPixel * p.stride_w + (p.kernel_w - 1) * p.dilation_w + 1, p.pad_left);
  const pointerBytes = 4;
  return {
    kernel: nameOf(blocking, sharesValues(p), scaling.small),
    params: { ...p, acc_shift: scaling.accShift, ring_columns: ringColumns },
    constants: blockedTables([channels], taps, scaling, blocking.channels, { values: blocking.biased, weights: false }),
    scratchBytes: pointerBytes * p.kernel_h + ringRows * ringColumns * p.out_c + blocking.channels,
    lead: rowLead(p),
    cost: costOf(p, ringColumns, scaling.small, blocking, costs),
  };
}

function costOf(
  p: DepthwiseConv2dS8Params,
  ringColumns: number,
  small: boolean,
  { pixels, channels }: DepthwiseBlocking,
  costs: DepthwiseCosts,
): Cost {
  const rows = p.batch * p.out_h;
  const blocks = rows * Math.ceil(p.out_w / pixels) * Math.ceil(p.out_c / channels);
  const entered = p.batch * ((p.out_h - 1) * p.stride_h + (p.kernel_h - 1) * p.dilation_h + 1);
  const work: Work<DepthwiseCosts> = {
    tap: blocks * p.kernel_h * p.kernel_w,
    block: blocks,
    wide: small ? 0 : rows * p.out_w * p.out_c,
    byte: entered * ringColumns * p.out_c,
  };
  return scaled(work, costs);
}

/** Rows are written when all rows of their window are in the ring. */
export function rowLead(p: DepthwiseConv2dS8Params): number {
  const inRow = p.in_w * p.in_c;
  const outRow = p.out_w * p.out_c;
  const window = (p.kernel_h - 1) * p.dilation_h + 1;
  const inBytes = p.batch * p.in_h * inRow;
  let lead = -inBytes;
  for (let n = 0; n < p.batch; n++) {
    for (let oy = 0; oy < p.out_h; oy++) {
      const entered = Math.min(p.in_h, Math.max(0, oy * p.stride_h - p.pad_top + window));
      const unread = (n * p.in_h + entered) * inRow;
      if (unread < inBytes) lead = Math.max(lead, (n * p.out_h + oy + 1) * outRow - unread);
    }
  }
  return lead;
}

/** The variant nn_depthwise_conv2d_s8_<isa>. */
export function depthwiseVariant(
  blocking: DepthwiseBlocking,
  costs: { readonly three: DepthwiseCosts; readonly any: DepthwiseCosts },
  codeBytes: number,
): Variant<DepthwiseConv2dS8Params> {
  const name = `nn_depthwise_conv2d_s8_${blocking.isa}`;
  const functions = [false, true].flatMap((shared) =>
    scalings(blocking).map((small) => functionOf(blocking, shared, small)),
  );
  return {
    ...{ name, of: "nn_depthwise_conv2d_s8", isa: blocking.isa, codeBytes },
    find: (wanted) => functions.find((made) => made.name === wanted),
    implement: (call) => implement(blocking, sharesValues(call.params) ? costs.three : costs.any, call),
  };
}

/** Neighbouring pixels need values of the same columns. */
function sharesValues(p: DepthwiseConv2dS8Params): boolean {
  return p.kernel_w === 3 && p.stride_w === 1 && p.dilation_w === 1;
}
