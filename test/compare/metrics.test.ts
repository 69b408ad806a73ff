import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracy, addRow, EMPTY_COMPARISON, metrics, snr, topClass } from "../../src/compare/metrics.js";

const SEED = { seed: 7, numRuns: 300 };
const value = fc.integer({ min: -1000, max: 1000 }).map((v) => v / 8);

/** Pairs of outputs and references: 1 to 12 rows of 2 to 9 elements. */
const pairs = fc.integer({ min: 2, max: 9 }).chain((width) => {
  const row = fc.array(value, { minLength: width, maxLength: width });
  return fc.array(fc.tuple(row, row), { minLength: 1, maxLength: 12 });
});

const compare = (rows: readonly (readonly [number[], number[]])[]) =>
  rows.reduce((sum, [output, reference]) => addRow(sum, output, reference), EMPTY_COMPARISON);

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const norm = (values: number[]) => Math.sqrt(values.reduce((a, b) => a + b * b, 0));

describe("metrics", () => {
  test("equal the textbook formulas over all elements at once", () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const output = rows.flatMap(([a]) => a);
        const reference = rows.flatMap(([, b]) => b);
        const error = output.map((a, i) => a - reference[i]);
        const spread = reference.map((b) => b - mean(reference));
        fc.pre(norm(spread) > 0 && norm(output) > 0 && norm(error) > 0);
        const result = metrics(compare(rows));
        expect(result.rmse).toBeCloseTo(Math.sqrt(mean(error.map((e) => e * e))), 9);
        expect(result.mae).toBeCloseTo(mean(error.map(Math.abs)), 9);
        expect(result.l2r).toBeCloseTo(norm(error) / norm(reference), 9);
        expect(result.mean).toBeCloseTo(mean(error), 9);
        expect(result.std).toBeCloseTo(norm(error.map((e) => e - mean(error))) / Math.sqrt(error.length), 9);
        const nse = 1 - norm(error) ** 2 / norm(spread) ** 2;
        expect(Math.abs(result.nse! - nse)).toBeLessThan(1e-9 * Math.max(1, Math.abs(nse)));
        const dot = output.reduce((sum, a, i) => sum + a * reference[i], 0);
        expect(result.cos).toBeCloseTo(dot / norm(output) / norm(reference), 9);
        const same = rows.filter(([a, b]) => a.indexOf(Math.max(...a)) === b.indexOf(Math.max(...b))).length;
        expect(result.acc).toBe(same / rows.length);
        expect(snr(compare(rows))).toBeCloseTo(20 * Math.log10(norm(reference) / norm(error)), 9);
      }),
      SEED,
    );
  });

  test("a small spread on a large offset survives", () => {
    const rows = [0, 1, 2, 3].map((i): [number[], number[]] => [[1e8 + i], [1e8 + i + (i % 2)]]);
    const result = metrics(compare(rows));
    expect(result.std).toBeCloseTo(0.5, 12);
    // The references are 0, 2, 2, 4 above the offset: squared errors sum to 2, squared deviations to 8.
    expect(result.nse).toBeCloseTo(1 - 2 / 8, 8);
  });

  test("equal rows are perfect, also when they are constant or zero", () => {
    for (const row of [
      [1, 2],
      [3, 3],
      [0, 0],
    ]) {
      const sum = compare([[row, row]]);
      expect(metrics(sum)).toEqual({ acc: 1, rmse: 0, mae: 0, l2r: 0, mean: 0, std: 0, nse: 1, cos: 1 });
      expect(snr(sum)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test("undefined ratios are null", () => {
    expect(
      metrics(
        compare([
          [
            [1, 2],
            [0, 0],
          ],
        ]),
      ),
    ).toMatchObject({ l2r: null, nse: null, cos: null });
    expect(
      metrics(
        compare([
          [
            [1, 2],
            [3, 3],
          ],
        ]),
      ).nse,
    ).toBeNull();
    expect(metrics(compare([[[1], [2]]])).acc).toBeNull();
  });

  test("rows of different lengths and empty comparisons are refused", () => {
    expect(() => addRow(EMPTY_COMPARISON, [1, 2], [1])).toThrow(RangeError);
    expect(() => addRow(compare([[[1], [1]]]), [1, 2], [1, 2])).toThrow(RangeError);
    expect(() => metrics(EMPTY_COMPARISON)).toThrow(RangeError);
  });
});

test("topClass is the first of the largest elements", () => {
  expect(topClass([1, 5, 5, 2])).toBe(1);
  expect(topClass(Float32Array.of(-3, -2, -9))).toBe(1);
});

test("accuracy is the share of rows whose top class is the label", () => {
  expect(
    accuracy(
      [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
      Int32Array.of(0, 1, 0),
    ),
  ).toBeCloseTo(2 / 3, 12);
  expect(() => accuracy([], [])).toThrow(RangeError);
  expect(() => accuracy([[1, 0]], [])).toThrow(RangeError);
});
