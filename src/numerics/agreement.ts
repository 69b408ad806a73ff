/**
 * Agreement of the integer requantisation with onnxruntime's, proved for every accumulator that a channel can reach.
 *
 * onnxruntime (QLinearConv, QLinearMatMul, QGemm) computes rint(float32(acc) * s) + zero_point with the float32 scale
 * s = (x_scale * w_scale) / y_scale, clamped. That and
 *
 *     floor((acc * multiplier + rounding) / 2^shift) + zero_point, clamped
 *
 * never fall as acc grows, so each is known by its thresholds: the least accumulator that gives at least q, for every
 * q above the lower clamp. Equal thresholds prove equal results.
 */
import { fixedPoint, type Multiplier, roundHalfEven } from "./requantize.js";

/** One output channel. */
export interface Channel {
  /** The accumulators that inputs can reach lie in [low, high]; both are int32. */
  readonly low: number;
  readonly high: number;
  /** onnxruntime's scale: float32, > 0. */
  readonly scale: number;
  readonly zeroPoint: number;
  /** The clamp of the result, within int8. */
  readonly min: number;
  readonly max: number;
}

/** Entry i: the least accumulator in [low, high + 1] whose result is at least min + 1 + i. */
export type Thresholds = Float64Array;

function thresholds({ min, max }: Channel, least: (q: number) => number): Thresholds {
  return Float64Array.from({ length: Math.max(0, max - min) }, (_, i) => least(min + 1 + i));
}

/** The least integer in [low, high] for which `holds` (false, then true) holds, or high + 1, from a guess close to it. */
function search(low: number, high: number, guess: number, holds: (x: number) => boolean): number {
  let no = low - 1;
  let yes = high + 1;
  let at = Math.min(high, Math.max(low, guess));
  for (let step = 1; no + 1 < yes; step *= 2) {
    if (holds(at)) {
      yes = at;
      at = Math.max(no + 1, at - step);
    } else {
      no = at;
      at = Math.min(yes - 1, at + step);
    }
    if (step > 8) at = no + Math.ceil((yes - no) / 2);
  }
  return yes;
}

export function onnxruntimeThresholds(channel: Channel): Thresholds {
  const { low, high, scale, zeroPoint } = channel;
  const result = (acc: number) => roundHalfEven(Math.fround(Math.fround(acc) * scale));
  return thresholds(channel, (q) => {
    const steps = q - zeroPoint;
    return search(low, high, Math.ceil((steps - 0.5) / scale), (acc) => result(acc) >= steps);
  });
}

/** @param rounding what is added before the shift; 2^(shift - 1) is half up */
export function requantizeThresholds(channel: Channel, fixed: Multiplier, rounding: bigint): Thresholds {
  const { low, high, zeroPoint } = channel;
  const multiplier = BigInt(fixed.multiplier);
  return thresholds(channel, (q) => {
    // acc * multiplier + rounding >= steps * 2^shift, divided with the result rounded up.
    const needed = (BigInt(q - zeroPoint) << BigInt(fixed.shift)) - rounding;
    if (multiplier === 0n) return needed <= 0n ? low : high + 1;
    const down = needed / multiplier;
    const least = Number(needed > 0n && down * multiplier !== needed ? down + 1n : down);
    return Math.min(high + 1, Math.max(low, least));
  });
}

/** How many accumulators give another result. */
export function differences(a: Thresholds, b: Thresholds): number {
  let count = 0;
  let counted = Number.NEGATIVE_INFINITY;
  a.forEach((x, i) => {
    const from = Math.max(counted, Math.min(x, b[i]));
    const to = Math.max(x, b[i]);
    if (to > from) {
      count += to - from;
      counted = to;
    }
  });
  return count;
}

/** The open interval of real multipliers that have the given thresholds with rounding half up; empty: none has. */
function multipliersWith(wanted: Thresholds, { low, high, zeroPoint, min }: Channel): readonly [number, number] {
  let from = 0;
  let to = Number.POSITIVE_INFINITY;
  // acc * m + 1/2 >= steps for acc from the threshold on, < steps before it.
  const bound = (acc: number, steps: number, atLeast: boolean) => {
    const m = (steps - 0.5) / acc;
    if (acc > 0 === atLeast) from = Math.max(from, m);
    else to = Math.min(to, m);
  };
  wanted.forEach((threshold, i) => {
    const steps = min + 1 + i - zeroPoint;
    if (threshold <= high && threshold !== 0) bound(threshold, steps, true);
    if (threshold > low && threshold !== 1) bound(threshold - 1, steps, false);
  });
  return [from, to];
}

/**
 * The fixed-point form of a channel's multiplier that meets onnxruntime in the most accumulators, and in how many it does
 * not: 0 is a proof of equality. Where the usual form differs, neighbouring multipliers are tried.
 * @param real, accumulatorBound as for fixedPoint
 */
export function agreeingFixedPoint(
  real: number,
  accumulatorBound: number,
  channel: Channel,
): { readonly fixed: Multiplier; readonly differences: number } {
  const usual = fixedPoint(real, accumulatorBound);
  const wanted = onnxruntimeThresholds(channel);
  const differing = (fixed: Multiplier) =>
    differences(wanted, requantizeThresholds(channel, fixed, 1n << BigInt(fixed.shift - 1)));
  let best = { fixed: usual, differences: differing(usual) };
  if (best.differences === 0) return best;
  const [from, to] = multipliersWith(wanted, channel);
  const unit = 2 ** usual.shift;
  const largest = Math.min(2 ** 31 - 1, (2 ** 63 - unit) / accumulatorBound);
  for (const m of [(from + to) / 2, from, to]) {
    for (const multiplier of [Math.floor(m * unit), Math.ceil(m * unit)]) {
      if (!(multiplier >= Math.min(2 ** 30, usual.multiplier) && multiplier <= largest)) continue;
      const fixed = { multiplier, shift: usual.shift };
      const count = differing(fixed);
      if (count < best.differences) best = { fixed, differences: count };
    }
    if (best.differences === 0) break;
  }
  return best;
}
