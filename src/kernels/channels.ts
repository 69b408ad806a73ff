/**
 * How channels flow through a step. The elements i, i + n, i + 2n, ... of a tensor of n channels are one channel: n is the
 * length of its last axis, or of its last axes together, so that a Reshape changes nothing.
 */
import type { TypedArray } from "../graph/ir.js";
import type { StorageType } from "../graph/program.js";
import type { Params } from "./kernel.js";

/** The stored values that the elements of each channel can have: all lie in [min, max]. */
export interface Ranges {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** By channel: 1 where it is kept. */
export type Flags = Uint8Array;

export interface KeptChannels {
  readonly inputs: readonly Flags[];
  readonly outputs: readonly Flags[];
}

export interface NarrowedStep {
  readonly params?: Params;
  /** Tables that change. */
  readonly constants?: Readonly<Record<string, TypedArray>>;
  /** The share of the multiply-accumulates that is left; default 1. */
  readonly macs?: number;
}

export interface ChannelFlow {
  /** Channels of every input and output. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Inputs of which nothing is kept are no inputs of the narrowed step; otherwise each keeps a channel. */
  readonly dropsInputs?: boolean;
  /** What the outputs can be, by the kernel's own arithmetic. */
  ranges(inputs: readonly Ranges[]): readonly Ranges[];
  /** Whether the one output equals the one input, for all that it can be. */
  isIdentity?(inputs: readonly Ranges[]): boolean;
  /** Sets the flags of what else has to be kept so that the step gives the kept outputs. Only ever sets flags. */
  require(kept: KeptChannels, inputs: readonly Ranges[]): void;
  /** The step on the kept channels alone, same values; the outputs have some, and `require` sets no more. */
  narrow(kept: KeptChannels, inputs: readonly Ranges[]): NarrowedStep;
}

/** What a flow may depend on besides the params. */
export interface FlowContext {
  readonly constants: Readonly<Record<string, TypedArray>>;
  /** Element type of the first output. */
  readonly type: StorageType;
  /** Elements of every input. */
  readonly inputElements: readonly number[];
}

const LIMITS: Partial<Record<StorageType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  bool: [0, 1],
};

/** Everything that the type holds. */
export function fullRanges(type: StorageType, channels: number): Ranges {
  const [low, high] = LIMITS[type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return { min: new Float64Array(channels).fill(low), max: new Float64Array(channels).fill(high) };
}

/** Nothing: the start of a union. */
export function emptyRanges(channels: number): Ranges {
  return {
    min: new Float64Array(channels).fill(Number.POSITIVE_INFINITY),
    max: new Float64Array(channels).fill(Number.NEGATIVE_INFINITY),
  };
}

/** Widens `ranges` at `channel` so that it holds [min, max]. */
export function include(ranges: Ranges, channel: number, min: number, max: number): void {
  if (min < ranges.min[channel]) ranges.min[channel] = min;
  if (max > ranges.max[channel]) ranges.max[channel] = max;
}

/** Whether all elements of the channel have one value, known at generation time. */
export function isConstant({ min, max }: Ranges, channel: number): boolean {
  return min[channel] === max[channel];
}

export function countKept(kept: Flags): number {
  let count = 0;
  for (const flag of kept) count += flag;
  return count;
}

/** How many of the first `elements` elements are kept: sizes, strides and offsets in elements shrink to this. */
export function keptBefore(elements: number, kept: Flags): number {
  if (elements < 0) return -keptBefore(-elements, kept);
  const rest = elements % kept.length;
  return ((elements - rest) / kept.length) * countKept(kept) + countKept(kept.subarray(0, rest));
}

/** The elements of the kept channels. */
export function keptElements<T extends TypedArray>(data: T, kept: Flags): T {
  return data.filter((_: unknown, i: number) => kept[i % kept.length] === 1) as T;
}

/** Flags of `from` are set in `to` as well, channel by channel. */
export function keepAlike(from: Flags, to: Flags): void {
  for (let i = 0; i < from.length; i++) to[i] |= from[i];
}

/** A kernel that computes every channel of its outputs from the same channel of its inputs: they stay together. */
export function channelwise(
  channels: number,
  inputs: number,
  ranges: ChannelFlow["ranges"],
  narrow: (kept: Flags) => NarrowedStep,
): ChannelFlow {
  return {
    inputs: new Array<number>(inputs).fill(channels),
    outputs: [channels],
    ranges,
    require(kept) {
      const [first] = kept.outputs;
      for (const flags of kept.inputs) keepAlike(flags, first);
      for (const flags of kept.inputs) keepAlike(first, flags);
    },
    narrow: (kept) => narrow(kept.outputs[0]),
  };
}

/** Ranges of a function of one stored value, channel by channel. */
export function rangesOfFunction(input: Ranges, of: (value: number) => number): Ranges {
  const known = new Map<number, readonly [number, number]>();
  const result = emptyRanges(input.min.length);
  input.min.forEach((min, channel) => {
    const max = input.max[channel];
    const key = min * 65536 + max;
    let bounds = known.get(key);
    if (!bounds) {
      const values: number[] = [];
      for (let value = min; value <= max; value++) values.push(of(value));
      bounds = [Math.min(...values), Math.max(...values)];
      known.set(key, bounds);
    }
    include(result, channel, ...bounds);
  });
  return result;
}

/**
 * Ranges of an int8 kernel that never gives less for larger inputs: what it gives for the least and for the largest.
 * @param elements of the input and of the output
 */
export function rangesOfMonotone(
  input: Ranges,
  elements: { readonly input: number; readonly output: number; readonly channels: number },
  run: (input: Int8Array, output: Int8Array) => void,
): Ranges {
  const result = emptyRanges(elements.channels);
  for (const bound of [input.min, input.max]) {
    const values = Int8Array.from({ length: elements.input }, (_, i) => bound[i % bound.length]);
    const output = new Int8Array(elements.output);
    run(values, output);
    output.forEach((value, i) => {
      include(result, i % elements.channels, value, value);
    });
  }
  return result;
}
