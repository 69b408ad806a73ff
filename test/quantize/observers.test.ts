import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BINS, histogramBuilder, merged } from "../../src/quantize/histogram.js";
import { CANDIDATES, rangeOf, squaredError } from "../../src/quantize/observers.js";
import { random } from "./graphs.js";

const seen = (...rows: number[][]) => {
  const builder = histogramBuilder();
  for (const row of rows) builder.observe(Float32Array.from(row));
  return builder.histogram();
};

/** Bell-shaped, with a few values forty times as large. */
function heavyTailed(count: number): number[] {
  const next = random(3);
  return Array.from({ length: count }, (_, i) => (next() + next() + next()) * (i % 5000 === 0 ? 40 : 1));
}

const reals = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 });

describe("a histogram", () => {
  test("counts every finite value once, whatever order they come in", () => {
    fc.assert(
      fc.property(reals, reals, (a, b) => {
        const histogram = seen(a, b);
        expect(histogram.counts.reduce((sum, count) => sum + count)).toBe(a.length + b.length);
        expect(histogram.min).toBe(Math.min(...a, ...b));
        expect(histogram.max).toBe(Math.max(...a, ...b));
        if (histogram.limit > 0) expect(histogram.limit).toBeGreaterThan(Math.max(-histogram.min, histogram.max));
      }),
    );
  });

  test("merged from two is the histogram of all values", () => {
    fc.assert(
      fc.property(reals, reals, (a, b) => {
        const together = merged(seen(a), seen(b));
        const { counts, limit, total, min, max } = seen(a, b);
        expect(together).toMatchObject({ limit, total, min, max });
        expect(together.counts).toEqual(counts);
      }),
    );
  });

  test("leaves infinities and NaN out and says how many there were", () => {
    const histogram = seen([1, Number.POSITIVE_INFINITY, Number.NaN, -2]);
    expect(histogram).toMatchObject({ total: 2, invalid: 2, min: -2, max: 1 });
    expect(seen([Number.NaN])).toMatchObject({ total: 0, invalid: 1 });
  });

  test("has constant memory", () => {
    expect(seen(heavyTailed(5000)).counts.length).toBe(BINS);
  });
});

describe("observers", () => {
  test("minmax is the extremes, a margin moves them apart, zero stays", () => {
    const histogram = seen([0, 1], [0.5, 4]);
    expect(rangeOf(histogram, { kind: "minmax" })).toEqual({ min: 0, max: 4 });
    expect(rangeOf(histogram, { kind: "minmax", margin: 0.25 })).toEqual({ min: 0, max: 5 });
  });

  test("moving-average is the mean of the rows' extremes for few rows", () => {
    expect(rangeOf(seen([-1, 1], [-3, 2]), { kind: "moving-average" })).toEqual({ min: -2, max: 1.5 });
  });

  test("percentile cuts both ends", () => {
    const range = rangeOf(seen(Array.from({ length: 10_001 }, (_, i) => i / 10_000)), {
      kind: "percentile",
      percentile: 99,
    });
    expect(range.min).toBeCloseTo(0.005, 2);
    expect(range.max).toBeCloseTo(0.995, 2);
  });

  test("mse has no more error than any other on the values it was chosen for", () => {
    const histogram = seen(heavyTailed(20_000));
    const least = squaredError(histogram, rangeOf(histogram, { kind: "mse" }));
    for (const kind of CANDIDATES)
      expect(least).toBeLessThanOrEqual(squaredError(histogram, rangeOf(histogram, kind)) * 1.02);
    expect(least).toBeLessThan(squaredError(histogram, rangeOf(histogram, { kind: "minmax" })) * 0.98);
  });

  test("entropy keeps evenly spread values whole and cuts far outliers", () => {
    const even = Array.from({ length: 8192 }, (_, i) => (i + 0.5) / 4096 - 1);
    const whole = rangeOf(seen(even), { kind: "entropy" });
    expect(whole.max - whole.min).toBeGreaterThan(1.9);
    const tailed = seen(heavyTailed(20_000));
    const cut = rangeOf(tailed, { kind: "entropy" });
    expect(cut.max - cut.min).toBeLessThan(0.8 * (tailed.max - tailed.min));
  });

  test("a value that is always zero has a range", () => {
    for (const kind of CANDIDATES) expect(rangeOf(seen([0, 0]), kind)).toEqual({ min: 0, max: 0 });
  });
});
