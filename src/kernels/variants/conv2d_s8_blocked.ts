/** nn_conv2d_s8 in portable C: the windows of a few pixels times a few output channels at a time in registers. */
import { tapsBefore } from "../image_params.js";
import { type CFunction, int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import type { FullyConnectedS8Params } from "../nn_fully_connected_s8.js";
import type { Cost, Implementation, PlainCall, Variant } from "../variant.js";
import {
  type Blocking,
  biasedFits,
  blockedTables,
  type Channel,
  channelsOf,
  numbers,
  pixelViews,
  SCALES,
  scaled,
  scalingOf,
  scalings,
} from "./blocking.js";

/** Cycles and instructions of the parts of a call. */
export interface ConvCosts {
  /** Per turn of the inner loop: `unroll` taps of a block. */
  readonly turn: Cost;
  /** Per block of channels and pixels. */
  readonly block: Cost;
  /** Per output that is not small, see Scaling, beyond one that is. */
  readonly wide: Cost;
  /** Per gathered value. */
  readonly value: Cost;
  /** Per pixel. */
  readonly pixel: Cost;
}

function functionOf(blocking: Blocking, small: boolean): CFunction {
  const name = nameOf(blocking, small);
  const { pixels, channels, unroll, biased } = blocking;
  const sums = (channel: number) => numbers(pixels).map((pixel) => ({ name: `acc${channel}${pixel}`, channel, pixel }));
  const type = biased ? "uint8_t" : "int8_t";
  return {
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left groups in_zero_point out_zero_point out_min out_max acc_shift",
    ),
    constants: [
      { name: "weights", type: biased ? "uint8" : "int8" },
      { name: "bias", type: "int32" },
      ...SCALES[small ? "small" : "any"],
    ],
    inPlace: [],
    template: {
      name: "conv2d_s8_blocked",
      view: {
        ...{ name, upper: name.toUpperCase(), small, type, biased, unroll },
        ...{ pixelCount: pixels, channelCount: channels, several: pixels > 1 },
        ...pixelViews(pixels),
        stepBytes: unroll * channels,
        channels: numbers(channels).map((channel) => ({ channel, sums: sums(channel) })),
        steps: numbers(unroll).map((step) => ({
          at: step,
          x: numbers(pixels).map((pixel) => ({ pixel, at: step * pixels + pixel })),
          w: numbers(channels).map((channel) => ({ channel, at: step * channels + channel, sums: sums(channel) })),
        })),
      },
    },
  };
}

function implementBlocked(
  blocking: Blocking,
  costs: ConvCosts,
  call: PlainCall<Conv2dS8Params>,
): Implementation | string {
  const p = call.params;
  const taps = (p.kernel_h * p.kernel_w * p.in_c) / p.groups;
  const channels = channelsOf(call, taps, (c, tap) => c * taps + tap);
  const scaling = scalingOf(channels, blocking);
  if (typeof scaling === "string") return scaling;
  if (blocking.biased && !biasedFits(channels)) return "sums leave 32 bits when 128 is added to weights and values";
  const steps = Math.ceil(taps / blocking.unroll) * blocking.unroll;
  const lead = p.groups === 1 ? tileLead(p, blocking.pixels) : undefined;
  return {
    kernel: nameOf(blocking, scaling.small),
    params: { ...p, acc_shift: scaling.accShift },
    constants: blockedTables(inGroups(channels, p.groups), steps, scaling, blocking.channels, {
      values: blocking.biased,
      weights: blocking.biased,
    }),
    scratchBytes: steps * blocking.pixels,
    ...(lead !== undefined && { lead }),
    cost: blockedCost(p, taps, scaling.small, blocking, costs),
  };
}

function inGroups(channels: readonly Channel[], groups: number): Channel[][] {
  const size = channels.length / groups;
  return Array.from({ length: groups }, (_, group) => channels.slice(group * size, (group + 1) * size));
}

function blockedCost(p: Conv2dS8Params, taps: number, small: boolean, blocking: Blocking, costs: ConvCosts): Cost {
  const pixels = p.batch * p.out_h * p.out_w;
  const tiles = Math.ceil(pixels / blocking.pixels) * p.groups;
  const blocks = Math.ceil(p.out_c / p.groups / blocking.channels);
  const turns = Math.ceil(taps / blocking.unroll);
  return scaled<ConvCosts>(
    {
      turn: tiles * blocks * turns,
      block: tiles * blocks,
      wide: small ? 0 : pixels * p.out_c,
      value: pixels * p.groups * taps,
      pixel: pixels * p.groups,
    },
    costs,
  );
}

/**
 * How many bytes before the input the output may start: `together` pixels are written when all their windows have been
 * read. Every such tile must end before the first byte that a later window reads.
 */
export function tileLead(p: Omit<Conv2dS8Params, "groups">, together: number): number {
  /** First position inside an axis that a window reads; the size of the axis when all taps lie in the padding. */
  const firstRead = (start: number, dilation: number, taps: number, size: number) => {
    const tap = tapsBefore(-start, dilation, taps);
    return tap < taps ? Math.min(size, start + tap * dilation) : size;
  };
  const columns = Array.from({ length: p.out_w }, (_, ox) =>
    firstRead(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w),
  );
  const rows = Array.from({ length: p.out_h }, (_, oy) =>
    firstRead(oy * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h),
  );
  const imagePixels = p.out_h * p.out_w;
  let lead = -p.batch * p.in_h * p.in_w * p.in_c;
  let unread = Number.POSITIVE_INFINITY;
  for (let pixel = p.batch * imagePixels; pixel > 0; pixel--) {
    // Here `unread` is the first byte that pixels from `pixel` on read.
    if (pixel % together === 0 || pixel === p.batch * imagePixels) lead = Math.max(lead, pixel * p.out_c - unread);
    const n = Math.floor((pixel - 1) / imagePixels);
    const y = rows[Math.floor((pixel - 1) / p.out_w) % p.out_h];
    const x = columns[(pixel - 1) % p.out_w];
    if (y < p.in_h && x < p.in_w) unread = Math.min(unread, ((n * p.in_h + y) * p.in_w + x) * p.in_c);
  }
  return lead;
}

/** A C function with its costs. */
export interface BlockedConv {
  readonly blocking: Blocking;
  readonly costs: ConvCosts;
}

const nameOf = ({ isa, pixels, channels }: Blocking, small: boolean) =>
  `nn_conv2d_s8_${isa}_${pixels}x${channels}${small ? "_small" : ""}`;

function findIn(forms: readonly BlockedConv[]): Variant["find"] {
  const functions = forms.flatMap(({ blocking }) => scalings(blocking).map((small) => functionOf(blocking, small)));
  return (wanted) => functions.find(({ name }) => name === wanted);
}

/** The cheapest form for a call, or why there is none. */
function cheapest(forms: readonly BlockedConv[], call: PlainCall<Conv2dS8Params>): Implementation | string {
  const found = forms.map(({ blocking, costs }) => implementBlocked(blocking, costs, call));
  const possible = found.filter((one) => typeof one !== "string");
  const [first, ...others] = possible;
  if (first === undefined) return found[0] as string;
  return others.reduce((best, one) => (one.cost.cycles < best.cost.cycles ? one : best), first);
}

/** The variant nn_conv2d_s8_<isa>. @param codeBytes of one form */
export function convVariant(isa: string, forms: readonly BlockedConv[], codeBytes: number): Variant<Conv2dS8Params> {
  return {
    ...{ name: `nn_conv2d_s8_${isa}`, of: "nn_conv2d_s8", isa, codeBytes },
    find: findIn(forms),
    implement: (call) => cheapest(forms, call),
  };
}

/** The variant nn_fully_connected_s8_<isa>: a row of features is a pixel. */
export function fullyConnectedVariant(
  isa: string,
  forms: readonly BlockedConv[],
  codeBytes: number,
): Variant<FullyConnectedS8Params> {
  return {
    ...{ name: `nn_fully_connected_s8_${isa}`, of: "nn_fully_connected_s8", isa, codeBytes },
    find: findIn(forms),
    implement({ params: { rows, in_features, out_features, ...range }, constants }) {
      const image = { in_h: rows, in_w: 1, in_c: in_features, out_h: rows, out_w: 1, out_c: out_features };
      const window = { kernel_h: 1, kernel_w: 1, stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1 };
      const rest = { batch: 1, pad_top: 0, pad_left: 0, groups: 1, in_zero_point: 0 };
      return cheapest(forms, { params: { ...image, ...window, ...rest, ...range }, constants });
    },
  };
}
