/**
 * What the portable C variants of layers with weights share: how many sums they keep in registers per instruction set,
 * and the tables of their output channels.
 */
import type { TypedArray } from "../../graph/ir.js";
import type { ConstantSlot, Params } from "../kernel.js";
import { type Cost, type Implementation, type PlainCall, whenUsed } from "../variant.js";

/** Sums in registers: pixels times output channels. */
export interface Blocking {
  readonly isa: string;
  readonly pixels: number;
  readonly channels: number;
  /** Taps per turn of the inner loop. */
  readonly unroll: number;
  /** 128 is added to values and weights, and taken off the sums: the core only loads unsigned bytes well. */
  readonly biased: boolean;
}

/** One output channel. */
export interface Channel {
  readonly weights: ArrayLike<number>;
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
}

const NONE: Channel = { weights: [], bias: 0, multiplier: 0, shift: 33 };

const known = new WeakMap<PlainCall["constants"], readonly Channel[]>();

/** Channels of a layer whose weights lie at `weightAt(channel, tap)`: for the constants of a step always the same. */
export function channelsOf(
  call: PlainCall<Params>,
  taps: number,
  weightAt: (channel: number, tap: number) => number,
): readonly Channel[] {
  const channels = known.get(call.constants) ?? gathered(call, taps, weightAt);
  known.set(call.constants, channels);
  return channels;
}

function gathered(
  { constants }: PlainCall<Params>,
  taps: number,
  weightAt: (channel: number, tap: number) => number,
): Channel[] {
  const [weights, bias, multiplier, shift] = ["weights", "bias", "multiplier", "shift"].map(
    (name) => constants[name] as Int8Array,
  );
  return Array.from(bias, (_, c) => ({
    weights: Int8Array.from({ length: taps }, (_, tap) => weights[weightAt(c, tap)]),
    ...{ bias: bias[c], multiplier: multiplier[c], shift: multiplier[c] === 0 ? 33 : shift[c] },
  }));
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

const largest = new WeakMap<Channel, number>();

/** Largest |sum| that int8 inputs can give. */
function largestSum(channel: Channel): number {
  let found = largest.get(channel);
  if (found === undefined) {
    const { weights, bias } = channel;
    let [high, low] = [bias, bias];
    for (let i = 0; i < weights.length; i++) {
      const w = weights[i];
      high += w * (w > 0 ? 127 : -128);
      low += w * (w > 0 ? -128 : 127);
    }
    found = Math.max(high, -low);
    largest.set(channel, found);
  }
  return found;
}

/** How sums are scaled: small ones without products of 64 bits, others shifted left first. */
export interface Scaling {
  readonly small: boolean;
  readonly accShift: number;
}

/** Constants of the C functions. */
export const SCALES: Record<"small" | "any", readonly ConstantSlot[]> = {
  small: [{ name: "scale", type: "uint16" }],
  any: [
    { name: "multiplier", type: "int32" },
    { name: "shift", type: "uint8" },
  ],
};

/** Whether sums are small, for each set of C functions: it matters where there is no long multiplication. */
export const scalings = ({ biased }: Pick<Blocking, "biased">): boolean[] => (biased ? [true, false] : [false]);

/**
 * Sums are shifted left so that every shift is at least 33, which spares arithmetic in 64 bits. Small are sums below
 * 2^20, where no shift is below 21. In words why it cannot be.
 */
export function scalingOf(channels: readonly Channel[], blocking: Pick<Blocking, "biased">): Scaling | string {
  const largest = Math.max(...channels.map(largestSum));
  const least = Math.min(33, ...channels.map(({ shift }) => shift));
  if (blocking.biased && largest < 2 ** 20 && least >= 21) return { small: true, accShift: 0 };
  const accShift = 33 - least;
  return largest * 2 ** accShift < 2 ** 31
    ? { small: false, accShift }
    : "a multiplier of 1/4 or more beside large sums";
}

/** Beyond 31 only the sign is left of a word, as at 31. */
const wordShift = (bits: number) => Math.min(31, bits);

/** The multiplier in pieces of 11, 10 and 10 bits, the lowest first, and what is left to shift. */
function pieces({ multiplier, shift }: Channel): number[] {
  return [multiplier & 1023, (multiplier >> 10) & 1023, multiplier >> 20, wordShift(shift - 21)];
}

/** Whether sums stay in 32 bits with 128 added to values and weights. */
export function biasedFits(channels: readonly Channel[]): boolean {
  return channels.every(
    ({ weights, bias }) => Math.abs(bias - 128 * sumOf(weights)) + 255 * (128 + 255) * weights.length < 2 ** 31,
  );
}

/** Where 128 is added, and taken off again by the bias. */
export interface Biased {
  readonly values: boolean;
  readonly weights: boolean;
}

/** Tables in blocks of `size` channels, the last one of every group filled up; `taps` of weights per channel. */
export function blockedTables(
  groups: readonly (readonly Channel[])[],
  taps: number,
  scaling: Scaling,
  size: number,
  biased: Biased,
): Implementation["constants"] {
  const names = ["weights", "bias", ...SCALES[scaling.small ? "small" : "any"].map(({ name }) => name)];
  return whenUsed(names, () => madeTables(groups, taps, scaling, size, biased));
}

function madeTables(
  groups: readonly (readonly Channel[])[],
  taps: number,
  { small, accShift }: Scaling,
  size: number,
  biased: Biased,
): Record<string, TypedArray> {
  const all: Channel[] = groups.flatMap((channels) => {
    const filled = Math.ceil(channels.length / size) * size;
    return Array.from({ length: filled }, (_, i) => channels[i] ?? NONE);
  });
  const offset = biased.weights ? 128 : 0;
  const weights = new (biased.weights ? Uint8Array : Int8Array)(all.length * taps).fill(offset);
  all.forEach((channel, c) => {
    const first = (c - (c % size)) * taps + (c % size);
    for (let tap = 0; tap < channel.weights.length; tap++) weights[first + tap * size] = channel.weights[tap] + offset;
  });
  return {
    weights,
    bias: Int32Array.from(all, ({ bias, weights: w }) => (biased.values ? bias - 128 * sumOf(w) : bias)),
    ...(small
      ? { scale: Uint16Array.from(all.flatMap(pieces)) }
      : {
          multiplier: Int32Array.from(all, ({ multiplier }) => multiplier),
          shift: Uint8Array.from(all, ({ multiplier, shift }) =>
            multiplier === 0 ? 0 : wordShift(shift + accShift - 33),
          ),
        }),
  };
}

export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** How often each part of a cost occurs. */
export type Work<Costs> = Readonly<Record<keyof Costs, number>>;

/** Work times cost, part by part. */
export function scaled<Costs extends { [part in keyof Costs]: Cost }>(work: Work<Costs>, costs: Costs): Cost {
  const total = (of: keyof Cost) =>
    Math.round((Object.keys(work) as (keyof Costs)[]).reduce((sum, part) => sum + work[part] * costs[part][of], 0));
  return { cycles: total("cycles"), instructions: total("instructions") };
}

/** The pixels of a block for a template, in both directions. */
export function pixelViews(pixels: number) {
  const all = numbers(pixels).map((pixel) => ({ pixel }));
  return { pixels: all, backwards: [...all].reverse() };
}
