import { describe, expect, it } from "vitest";
import { fitCosts, fitParts, type Sample } from "../../src/tune/fit.js";

const sample = (more: Partial<Sample>): Sample => ({
  ...{ kernel: "k", variant: "", macs: 0, runs: 0, outputs: 0, inputs: 0, cycles: 1, modelled: 0 },
  ...more,
});

describe("fitParts", () => {
  it("finds the factors of exact data", () => {
    const rows = [1, 2, 5, 9, 20].map((n) => [n * n, n, 1]);
    const totals = rows.map(([a, b, c]) => 3 * a + 7 * b + 100 * c);
    const found = fitParts(rows, totals);
    expect(found[0]).toBeCloseTo(3, 1);
    expect(found[1]).toBeCloseTo(7, 0);
    expect(found[2]).toBeCloseTo(100, -1);
  });

  it("gives no part a negative cost, and what cannot be told apart to the first", () => {
    expect(
      fitParts(
        [[1], [2], [3]].map(([n]) => [n, 10 - n]),
        [1, 2, 3],
      ),
    ).toEqual([1, 0]);
    expect(fitParts([[4, 1]], [20])).toEqual([5, 0]);
  });

  it("minimises relative errors: a small sample counts as much as a large one", () => {
    // By absolute squares the factor would be 1.0; by relative ones it is (1/1 + 1/2) / (1 + 1/4) = 1.2.
    expect(fitParts([[1e6], [1]], [1e6, 2])).toEqual([1.2]);
  });
});

describe("fitCosts", () => {
  it("has every plain kernel, others, and variants by their formula", () => {
    const table = fitCosts(
      [
        ...[10, 100, 1000].map((macs) => sample({ macs, cycles: 6 * macs })),
        ...[10, 100, 1000].map((outputs) => sample({ kernel: "o", outputs, cycles: 30 * outputs })),
        ...[10, 100, 1000].map((modelled) => sample({ variant: "v", modelled, cycles: 2 * modelled + 50 })),
        sample({ kernel: "never", cycles: 0 }),
      ],
      { core: "c", source: "s", error: 0.1 },
    );
    expect(Object.keys(table.plain)).toEqual(["k", "o", "other"]);
    expect(table.plain.k).toMatchObject({ mac: 6, call: 0 });
    expect(table.plain.o).toMatchObject({ output: 30 });
    expect(table.plain.other.mac).toBeGreaterThan(1);
    expect(table.variants.v.modelled).toBeCloseTo(2, 1);
    expect(table.variants.v.call).toBeCloseTo(50, 0);
  });
});
