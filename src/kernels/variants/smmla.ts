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
import { scaleRounded } from "../../numerics/requantize.js";

/** One output channel of a layer with weights. */
export interface ChannelTables {
  readonly weights: Int8Array;
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** What is requantised with the common shift. */
export interface ScaledChannel {
  /** In the range of int16. */
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

/** The channel with n = 32 + s, its results unchanged for every int8 input, or undefined where that cannot be. */
export function scaledTo(s: number, tables: ChannelTables, range: OutputRange): ScaledChannel | undefined {
  const { bias, multiplier, shift } = tables;
  const [low, high] = reachableSums(tables);
  const channel: Channel = {
    low,
    high,
    scale: 0,
    zeroPoint: range.out_zero_point,
    min: range.out_min,
    max: range.out_max,
  };
  const steps = (acc: number) => scaleRounded(acc, multiplier, shift) + range.out_zero_point;
  const clamped = (acc: number) => Math.min(range.out_max, Math.max(range.out_min, steps(acc)));
  if (clamped(low) === clamped(high)) {
    // A constant: whatever the inputs are, the bias alone gives it.
    const wanted = clamped(low) - range.out_zero_point;
    return {
      weights: new Array<number>(tables.weights.length).fill(0),
      bias: wanted * 2 ** (s + 2),
      multiplier: 2 ** 30,
    };
  }
  if (shift > 32 + s) {
    // Fewer bits of the multiplier, where that gives the same result for every sum.
    const wanted = requantizeThresholds(channel, { multiplier, shift }, 1n << BigInt(shift - 1));
    const nearest = Math.round(multiplier / 2 ** (shift - 32 - s));
    const found = [nearest, nearest - 1, nearest + 1].find((candidate) => {
      const fixed = { multiplier: candidate, shift: 32 + s };
      return candidate >= 0 && differences(wanted, requantizeThresholds(channel, fixed, 1n << BigInt(31 + s))) === 0;
    });
    return found === undefined ? undefined : fitting(s, Array.from(tables.weights), bias, found, low, high, range);
  }
  const factor = 2 ** (32 + s - shift);
  const weights = Array.from(tables.weights, (w) => w * factor);
  return fitting(s, weights, bias * factor, multiplier, low * factor, high * factor, range);
}

/** Nothing that the instructions compute leaves its 16 or 32 bits. */
function fitting(
  s: number,
  weights: readonly number[],
  bias: number,
  multiplier: number,
  low: number,
  high: number,
  range: OutputRange,
): ScaledChannel | undefined {
  const rounding = roundingOf(s, range.out_zero_point);
  const fits = (x: number, bits: number) => x >= -(2 ** (bits - 1)) && x < 2 ** (bits - 1);
  const high32 = (acc: number) => Math.floor((acc * multiplier) / 2 ** 32) + rounding;
  const within =
    weights.every((w) => fits(w, 16)) &&
    [bias, low, high].every((x) => fits(x, 32)) &&
    // One unit of slack for the rounding of the double product.
    [high32(low) - 1, high32(high) + 1].every((x) => fits(x, 32));
  return within ? { weights, bias, multiplier } : undefined;
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
