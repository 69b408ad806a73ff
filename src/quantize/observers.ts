/** How the range that int8 covers is chosen from what calibration saw of a value. */
import { BINS, binMiddle, type Histogram } from "./histogram.js";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Numbers that other than masks reach; one mask of -1e9 in the range would leave no steps for anything else. */
export const isMeasurable = (value: number): boolean => Math.abs(value) < 2 ** 16;

/**
 * - minmax: the extremes of all rows, moved apart by the share `margin` of them
 * - moving-average: the averages of the rows' extremes, as training with quantisation keeps them
 * - percentile: cuts (100 - percentile) / 2 percent of the values at either end
 * - entropy: the range whose 256 steps lose the least information (Kullback-Leibler; Migacz, "8-bit Inference with
 *   TensorRT", 2017)
 * - mse: the range with the least mean squared error of rounding and clipping together
 * - best: for each value the one of these with the least error on rows that it has not seen
 */
export type ObserverKind =
  | { readonly kind: "moving-average" | "entropy" | "mse" | "best" }
  | { readonly kind: "minmax"; readonly margin?: number }
  | { readonly kind: "percentile"; readonly percentile: number };

export const OBSERVERS = ["minmax", "moving-average", "percentile", "entropy", "mse", "best"] as const;

/** The candidates of "best", in order of preference where they are equal. */
export const CANDIDATES: readonly ObserverKind[] = [
  { kind: "minmax" },
  { kind: "minmax", margin: 0.1 },
  { kind: "minmax", margin: 0.25 },
  { kind: "mse" },
  { kind: "percentile", percentile: 99.99 },
  { kind: "percentile", percentile: 99.9 },
  { kind: "entropy" },
  { kind: "moving-average" },
];

/** Steps of int8. */
const STEPS = 256;

/** @param kind "best" stands for minmax here: choosing takes two halves of the rows (choose_ranges.ts) */
export function rangeOf(histogram: Histogram, kind: ObserverKind): Range {
  const { min, max, movingMin, movingMax } = histogram;
  if (min > max) return { min: 0, max: 0 };
  switch (kind.kind) {
    case "moving-average":
      return { min: movingMin, max: movingMax };
    case "percentile":
      return percentileRange(histogram, kind.percentile);
    case "entropy":
      return narrowest(histogram, divergence);
    case "mse":
      return narrowest(histogram, squaredError);
    case "minmax":
      return widened(min, max, 1 + (kind.margin ?? 0));
    default:
      return { min, max };
  }
}

/** An end at zero stays there: it is the bound of a Relu. */
const widened = (min: number, max: number, factor: number): Range => ({
  min: min < 0 ? min * factor : min,
  max: max > 0 ? max * factor : max,
});

function percentileRange({ counts, limit, total, min, max }: Histogram, percentile: number): Range {
  const outside = (total * (100 - percentile)) / 200;
  let low = 0;
  for (let seen = counts[0]; seen <= outside && low < BINS - 1; seen += counts[++low]);
  let high = BINS - 1;
  for (let seen = counts[high]; seen <= outside && high > low; seen += counts[--high]);
  const width = (2 * limit) / BINS;
  return { min: Math.max(min, low * width - limit), max: Math.min(max, (high + 1) * width - limit) };
}

/** Shares of the extremes that are tried on either side. */
const SHARES = Array.from({ length: 41 }, (_, i) => 1 - i * 0.02);

/** The range with the least loss: both ends drawn in together, then each by itself. */
function narrowest(histogram: Histogram, loss: (histogram: Histogram, range: Range) => number): Range {
  const low = Math.min(0, histogram.min);
  const high = Math.max(0, histogram.max);
  let best = { range: { min: low, max: high }, loss: loss(histogram, { min: low, max: high }) };
  const offer = (range: Range) => {
    if (range.max - range.min <= 0) return;
    const found = loss(histogram, range);
    if (found < best.loss) best = { range, loss: found };
  };
  for (const share of SHARES) offer({ min: low * share, max: high * share });
  for (const share of SHARES) offer({ min: low * share, max: best.range.max });
  for (const share of SHARES) offer({ min: best.range.min, max: high * share });
  return { min: Math.max(histogram.min, best.range.min), max: Math.min(histogram.max, best.range.max) };
}

/** Mean squared error of the values, each taken as the middle of its bin, with the noise of rounding where it is finer than a bin. */
export function squaredError(histogram: Histogram, { min, max }: Range, clipping = 1): number {
  const { counts, total } = histogram;
  const step = (max - min) / (STEPS - 1);
  const rounding = step ** 2 / 12;
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (counts[bin] === 0) continue;
    const value = binMiddle(histogram, bin);
    const beyond = value < min ? min - value : value > max ? value - max : 0;
    error += counts[bin] * (beyond > 0 ? clipping * beyond ** 2 : rounding);
  }
  return error / total;
}

/**
 * Kullback-Leibler divergence of the values, clipped into the range, from what the steps can tell: each step spreads
 * its count evenly over the bins that are not empty.
 */
function divergence(histogram: Histogram, { min, max }: Range): number {
  const { counts, limit, total } = histogram;
  const toBin = (value: number) => Math.max(0, Math.min(BINS - 1, Math.floor(((value + limit) * BINS) / (2 * limit))));
  const first = toBin(min);
  const last = toBin(max);
  const zero = toBin(0);
  const clipped = counts.slice(first, last + 1);
  for (let bin = 0; bin < first; bin++) clipped[0] += counts[bin];
  for (let bin = last + 1; bin < BINS; bin++) clipped[clipped.length - 1] += counts[bin];
  let result = 0;
  const groups = Math.min(STEPS, clipped.length);
  for (let group = 0; group < groups; group++) {
    const from = Math.floor((group * clipped.length) / groups);
    const to = Math.floor(((group + 1) * clipped.length) / groups);
    let sum = 0;
    let filled = 0;
    for (let i = from; i < to; i++) {
      if (first + i === zero) continue;
      sum += counts[first + i];
      if (clipped[i] > 0) filled++;
    }
    for (let i = from; i < to; i++) {
      // Zero is exact in every range; what a Relu made of half the values would outweigh all others.
      if (clipped[i] === 0 || first + i === zero) continue;
      const share = clipped[i] / total;
      // A step that only what was clipped falls into says nothing: as good as one value.
      result += share * Math.log(share / (Math.max(sum, 1) / filled / total));
    }
  }
  return result;
}
