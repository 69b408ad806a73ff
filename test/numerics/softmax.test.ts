import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { softmaxTable } from "../../src/numerics/softmax.js";
import { sample } from "../kernels/arbitraries.js";

const scales = fc.record({
  inScale: fc.double({ min: 1e-4, max: 100, noNaN: true }),
  outScale: fc.oneof(fc.constantFrom(1, 1 / 3, 1 / 255, 1 / 256), fc.double({ min: 2 ** -14, max: 8, noNaN: true })),
});

describe("softmaxTable", () => {
  test("holds exp(-d * inScale) rounded in units of its first entry", () => {
    for (const { inScale, outScale } of sample(scales, 200)) {
      const form = softmaxTable(inScale, 10, outScale);
      if (!form) continue;
      const { table } = form;
      expect(table).toHaveLength(256);
      const errors = Array.from(table, (entry, d) => Math.abs(entry - table[0] * Math.exp(-d * inScale)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(0.5);
    }
  });

  test("keeps terms and denominators below 2^32 whatever the logits", () => {
    const counts = fc.oneof(fc.constantFrom(1, 2, 4095, 4096), fc.integer({ min: 1, max: 4096 }));
    for (const [{ inScale, outScale }, count] of sample(fc.tuple(scales, counts), 500)) {
      const form = softmaxTable(inScale, count, outScale);
      if (!form) continue;
      const { table, numerator, denominatorShift } = form;
      const top = BigInt(table[0]);
      const denominator = (top * BigInt(count)) << BigInt(denominatorShift);
      expect(denominator).toBeLessThan(2n ** 32n);
      expect(top * BigInt(numerator) + denominator / 2n).toBeLessThan(2n ** 32n);
    }
  });

  test("takes a whole 1 / outScale exactly", () => {
    expect(softmaxTable(0.1, 10, 1 / 256)).toMatchObject({ numerator: 256, denominatorShift: 0 });
    expect(softmaxTable(0.1, 4096, 1 / 256)).toMatchObject({ numerator: 256, denominatorShift: 0 });
    expect(softmaxTable(0.1, 10, 1 / 3)).toMatchObject({ numerator: 3, denominatorShift: 0 });
  });

  test("gives nothing for an output scale too small for 32 bits", () => {
    expect(softmaxTable(0.1, 10, 2 ** -26)).toBeUndefined();
    expect(softmaxTable(0.1, 10, 1e-6)).toBeUndefined();
    expect(softmaxTable(0.1, 10, 300)).toBeUndefined();
  });
});
