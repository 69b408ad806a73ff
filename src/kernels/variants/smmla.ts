/**
 * Requantisation in two instructions of the DSP extension, the same value as the definition (numerics/requantize.ts):
 *
 *     SMMLA  t = (acc * M + rounding * 2^32) >> 32        rounding = 2^(s - 1) + zero_point * 2^s
 *     SSAT   q = saturate8(t >> s)                        n = 32 + s, s an immediate: one for all channels of a function
 *
 * The low word of acc * M cannot reach the result, because a multiple of 2^32 is added before n > 32 bits go. Weights
 * of 16 bits leave room to give every channel the same n: with weights and bias times 2^d the sum is 2^d times as large,
 * and n + d takes the place of n, exactly.
 */
import { type Channel, differences, requantizeThresholds } from "../../numerics/agreement.js";
import { type Multiplier, requantize } from "../../numerics/requantize.js";

/** One output channel of a layer with weights. */
export interface ChannelTables {
  readonly weights: Int8Array;
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** What is requantised with the common shift. */
export interface ScaledChannel {
  readonly weights: readonly number[];
  readonly bias: number;
  readonly multiplier: number;
}

export interface OutputRange {
  readonly out_zero_point: number;
  readonly out_min: number;
  readonly out_max: number;
}

/** The least and the largest sum that int8 inputs can give. */
export function reachableSums({ weights, bias }: ChannelTables): readonly [low: number, high: number] {
  let low = bias;
  let high = bias;
  for (const w of weights) {
    low += w * (w > 0 ? -128 : 127);
    high += w * (w > 0 ? 127 : -128);
  }
  return [low, high];
}

/**
 * The channel with n = 32 + s and sums `factor` times as large (a power of two), its results unchanged for every int8
 * input; its weights are not multiplied. Undefined where that cannot be, or where a sum leaves 32 bits.
 */
export function scaledBy(
  factor: number,
  s: number,
  tables: ChannelTables,
  range: OutputRange,
): ScaledChannel | undefined {
  const [low, high] = reachableSums(tables);
  const limits = { low, high, zeroPoint: range.out_zero_point, min: range.out_min, max: range.out_max };
  const constant = constantResult(tables, limits);
  if (constant !== undefined) {
    // Whatever the inputs are, the bias alone gives it.
    return {
      weights: new Array<number>(tables.weights.length).fill(0),
      bias: (constant - range.out_zero_point) * 2 ** (s + 2),
      multiplier: 2 ** 30,
    };
  }
  const shift = 32 + s - Math.log2(factor);
  const multiplier = multiplierFor(shift, tables, limits);
  if (multiplier === undefined) return undefined;
  const fits = (x: number) => x >= -(2 ** 31) && x < 2 ** 31;
  const scaled = [low * factor, high * factor];
  // One unit of slack for the rounding of the product.
  const top = scaled.map((acc) => Math.floor((acc * multiplier) / 2 ** 32) + roundingOf(s, range.out_zero_point));
  const within = [...scaled, top[0] - 1, top[1] + 1].every(fits);
  return within ? { weights: Array.from(tables.weights), bias: tables.bias * factor, multiplier } : undefined;
}

type Limits = Omit<Channel, "scale">;

/** The one result that all inputs have, if there is one. */
function constantResult({ multiplier, shift }: ChannelTables, limits: Limits): number | undefined {
  const [first, last] = [limits.low, limits.high].map((acc) =>
    requantize(acc, multiplier, shift, limits.zeroPoint, limits.min, limits.max),
  );
  return first === last ? first : undefined;
}

/** The multiplier for another n: the same one, or one of fewer bits that is proved to give the same results. */
function multiplierFor(shift: number, from: ChannelTables, limits: Limits): number | undefined {
  if (shift === from.shift) return from.multiplier;
  if (shift > from.shift) return undefined;
  const channel: Channel = { ...limits, scale: 0 };
  const thresholds = (fixed: Multiplier) => requantizeThresholds(channel, fixed, 1n << BigInt(fixed.shift - 1));
  const wanted = thresholds(from);
  const nearest = Math.round(from.multiplier / 2 ** (from.shift - shift));
  return [nearest, nearest - 1, nearest + 1].find(
    (multiplier) => multiplier >= 0 && differences(wanted, thresholds({ multiplier, shift })) === 0,
  );
}

/** By how many bits weights and bias of a channel are shifted so that n = 32 + s takes the place of its shift. */
export const leftShift = (s: number, shift: number): number => Math.max(0, 32 + s - shift);

/** The channel with n = 32 + s, weights and bias multiplied as that takes, or undefined where they do not fit. */
export function scaledTo(s: number, tables: ChannelTables, range: OutputRange): ScaledChannel | undefined {
  const factor = 2 ** leftShift(s, tables.shift);
  const channel = scaledBy(factor, s, tables, range);
  if (!channel) return undefined;
  const weights = channel.weights.map((w) => w * factor);
  return weights.every((w) => w >= -(2 ** 15) && w < 2 ** 15) ? { ...channel, weights } : undefined;
}

/** What SMMLA adds. */
export function roundingOf(s: number, zeroPoint: number): number {
  return 2 ** (s - 1) + zeroPoint * 2 ** s;
}

/**
 * Shifts that functions are printed for, preferred ones first: 10 takes what layers usually have, n from 34 to 42 with
 * any weights; the others what lies around it.
 */
export const SHIFTS: readonly number[] = [10, 6, 14, 2, 18];

/** All channels with the first common shift that does, or undefined. */
export function withCommonShift(
  channels: readonly ChannelTables[],
  range: OutputRange,
): { readonly s: number; readonly channels: readonly ScaledChannel[] } | undefined {
  for (const s of SHIFTS) {
    const scaled: ScaledChannel[] = [];
    for (const tables of channels) {
      const channel = scaledTo(s, tables, range);
      if (!channel) break;
      scaled.push(channel);
    }
    if (scaled.length === channels.length) return { s, channels: scaled };
  }
  return undefined;
}

type Shared = ReturnType<typeof withCommonShift>;
const shared = new WeakMap<object, Map<string, Shared>>();

/** The same of the constants of a call, found once for each of them. */
export function commonShiftOf(constants: Readonly<Record<string, ArrayLike<unknown>>>, range: OutputRange): Shared {
  const { out_zero_point, out_min, out_max } = range;
  const key = `${out_zero_point} ${out_min} ${out_max}`;
  const known = shared.get(constants) ?? new Map<string, Shared>();
  shared.set(constants, known);
  if (!known.has(key)) known.set(key, withCommonShift(channelTables(constants), range));
  return known.get(key);
}

/** The tables of every output channel. @param constants as in CHANNEL_TABLES */
export function channelTables(constants: Readonly<Record<string, ArrayLike<unknown>>>): ChannelTables[] {
  const { weights, bias, multiplier, shift } = constants as unknown as {
    weights: Int8Array;
    bias: Int32Array;
    multiplier: Int32Array;
    shift: Uint8Array;
  };
  const terms = weights.length / bias.length;
  return Array.from(bias, (b, c) => ({
    weights: weights.subarray(c * terms, (c + 1) * terms),
    bias: b,
    multiplier: multiplier[c],
    shift: shift[c],
  }));
}
