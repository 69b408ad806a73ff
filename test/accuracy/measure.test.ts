import { expect, test } from "vitest";
import { mcNemar } from "../../src/accuracy/measure.js";

/** `first` rows that only the one has right, `second` that only the other has, and three that both have. */
const pair = (first: number, second: number): [boolean[], boolean[]] => {
  const rows = [
    ...new Array(first).fill([true, false]),
    ...new Array(second).fill([false, true]),
    ...new Array(3).fill([true, true]),
  ];
  return [rows.map(([a]) => a), rows.map(([, b]) => b)];
};

test("mcNemar is the exact two-sided binomial test", () => {
  expect(mcNemar(...pair(0, 0))).toBe(1);
  expect(mcNemar(...pair(3, 3))).toBe(1);
  expect(mcNemar(...pair(0, 5))).toBeCloseTo(2 / 32, 12);
  expect(mcNemar(...pair(1, 9))).toBeCloseTo((2 * 11) / 1024, 12);
  expect(mcNemar(...pair(9, 1))).toBeCloseTo((2 * 11) / 1024, 12);
});
