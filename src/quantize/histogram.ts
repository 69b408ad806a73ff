/** What calibration remembers of one value: a histogram that widens as it must, in constant memory however many rows come. */

/** Bins of a histogram. */
export const BINS = 2048;

/**
 * Counts of values over [-limit, limit), BINS bins of one width; `limit` is a power of two, 0 before the first value. Infinities and NaN are not counted.
 */
export interface Histogram {
  readonly counts: Float64Array;
  readonly limit: number;
  /** Values counted. */
  readonly total: number;
  /** Infinities and NaN, which are not. */
  readonly invalid: number;
  /** Extremes; min > max before the first value. */
  readonly min: number;
  readonly max: number;
  /** Averages over the rows, of weight 1/100 for the newest, of the rows' extremes. */
  readonly movingMin: number;
  readonly movingMax: number;
}

export interface HistogramBuilder {
  /** Takes in the values of a row. */
  observe(values: Float32Array): void;
  histogram(): Histogram;
}

/** Weight of a new row in the moving average. */
const MOVING = 0.01;

export function histogramBuilder(): HistogramBuilder {
  const counts = new Float64Array(BINS);
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [movingMin, movingMax] = [0, 0];
  let [limit, total, rows, seen] = [0, 0, 0, 0];

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
      seen += values.length;
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = 0; i < values.length; i++) {
        const v = values[i];
        if (v < low && v > Number.NEGATIVE_INFINITY) low = v;
        if (v > high && v < Number.POSITIVE_INFINITY) high = v;
      }
      if (low > high) return;
      rows++;
      const weight = Math.max(MOVING, 1 / rows);
      movingMin += (low - movingMin) * weight;
      movingMax += (high - movingMax) * weight;
      min = Math.min(min, low);
      max = Math.max(max, high);
      const largest = Math.max(-low, high);
      if (largest >= limit) growTo(largest);
      const scale = BINS / 2 / limit;
      for (let i = 0; i < values.length; i++) {
        const v = values[i];
        if (!(v >= low && v <= high)) continue;
        counts[Math.min(BINS - 1, Math.floor(v * scale) + BINS / 2)]++;
        total++;
      }
    },
    histogram: () => ({ counts, limit, total, invalid: seen - total, min, max, movingMin, movingMax }),
  };
}

/** The histogram of the values of both. */
export function merged(a: Histogram, b: Histogram): Histogram {
  const limit = Math.max(a.limit, b.limit);
  const counts = new Float64Array(BINS);
  for (const one of [a, b]) {
    const factor = limit > 0 ? one.limit / limit : 0;
    // Limits are powers of two: bins of the narrower one fall into bins of the wider one whole.
    one.counts.forEach((count, bin) => {
      if (count > 0) counts[Math.floor((bin + 0.5 - BINS / 2) * factor) + BINS / 2] += count;
    });
  }
  const total = a.total + b.total;
  const average = (x: number, y: number) => (total === 0 ? 0 : (x * a.total + y * b.total) / total);
  return {
    ...{ counts, limit, total, invalid: a.invalid + b.invalid },
    ...{ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) },
    movingMin: average(a.movingMin, b.movingMin),
    movingMax: average(a.movingMax, b.movingMax),
  };
}

/** Middle of a bin, as a real value. */
export const binMiddle = ({ limit }: Histogram, bin: number): number => ((bin + 0.5) * 2 * limit) / BINS - limit;
