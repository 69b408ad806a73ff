/**
 * Observers watch the values of one tensor during calibration and give the range that int8 shall cover. Infinities (the
 * logarithm of 0) and NaN do not count.
 */

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Numbers that other than masks reach; one mask of -1e9 in the range would leave no steps for anything else. */
export const isMeasurable = (value: number): boolean => Math.abs(value) < 2 ** 16;

export interface Observer {
  observe(values: Float32Array): void;
  range(): Range;
}

/** How ranges are chosen: the extremes, or the range that covers a percentage of the values. */
export type ObserverKind = { readonly kind: "minmax" } | { readonly kind: "percentile"; readonly percentile: number };

function minMaxObserver(): Observer {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  return {
    observe(values) {
      for (let i = 0; i < values.length; i++) {
        const v = values[i];
        if (!Number.isFinite(v)) continue;
        if (v < min) min = v;
        if (v > max) max = v;
      }
    },
    range: () => (min <= max ? { min, max } : { min: 0, max: 0 }),
  };
}

const BINS = 4096;

/**
 * Keeps a histogram over [-limit, limit); the limit doubles, and bins merge in pairs, when a value lies outside. The
 * range cuts (100 - percentile) / 2 percent of the values at either end.
 */
function percentileObserver(percentile: number): Observer {
  const counts = new Float64Array(BINS);
  const extremes = minMaxObserver();
  let limit = 0;
  let total = 0;

  function growTo(value: number): void {
    if (limit === 0) limit = 2 ** Math.ceil(Math.log2(Math.max(value, 2 ** -60)));
    while (value >= limit) {
      const old = counts.slice();
      counts.fill(0);
      for (let i = 0; i < BINS; i++) counts[BINS / 4 + (i >> 1)] += old[i];
      limit *= 2;
    }
  }

  return {
    observe(values) {
      extremes.observe(values);
      const { min, max } = extremes.range();
      const largest = Math.max(-min, max);
      if (!Number.isFinite(largest)) return;
      if (largest >= limit) growTo(largest);
      const scale = BINS / 2 / limit;
      for (let i = 0; i < values.length; i++) counts[Math.floor(values[i] * scale) + BINS / 2]++;
      total += values.length;
    },
    range() {
      const { min, max } = extremes.range();
      if (!Number.isFinite(min) || !Number.isFinite(max)) return { min, max };
      const outside = (total * (100 - percentile)) / 200;
      let low = 0;
      for (let seen = counts[0]; seen <= outside && low < BINS - 1; seen += counts[++low]);
      let high = BINS - 1;
      for (let seen = counts[high]; seen <= outside && high > low; seen += counts[--high]);
      const width = (2 * limit) / BINS;
      return { min: Math.max(min, low * width - limit), max: Math.min(max, (high + 1) * width - limit) };
    },
  };
}

export function createObserver(kind: ObserverKind): Observer {
  return kind.kind === "minmax" ? minMaxObserver() : percentileObserver(kind.percentile);
}
