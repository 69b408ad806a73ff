import fc from "fast-check";
import { expect, test } from "vitest";
import { addMultipliers } from "../../src/numerics/add.js";

const scale = fc.double({ min: 2 ** -30, max: 2 ** 10, noNaN: true });

const fits = (a: number, b: number, shift: number) => 255 * (a + b) + 2 ** (shift - 1) < 2 ** 31;

test("gives the nearest multipliers of the finest precision that fits int32", () => {
  fc.assert(
    fc.property(scale, scale, scale, (aScale, bScale, outScale) => {
      fc.pre((aScale + bScale) / outScale <= 2 ** 22);
      const { aMultiplier, bMultiplier, shift } = addMultipliers(aScale, bScale, outScale);
      const [a, b] = [aScale / outScale, bScale / outScale];
      expect(Number.isInteger(aMultiplier) && Number.isInteger(bMultiplier)).toBe(true);
      expect(Math.abs(aMultiplier * 2 ** -shift - a)).toBeLessThanOrEqual(2 ** -(shift + 1));
      expect(Math.abs(bMultiplier * 2 ** -shift - b)).toBeLessThanOrEqual(2 ** -(shift + 1));
      expect(shift).toBeGreaterThanOrEqual(1);
      expect(shift).toBeLessThanOrEqual(30);
      expect(fits(aMultiplier, bMultiplier, shift)).toBe(true);
      const finer = [a, b].map((x) => Math.round(x * 2 ** (shift + 1)));
      expect(shift === 30 || !fits(finer[0], finer[1], shift + 1)).toBe(true);
    }),
    { seed: 7, numRuns: 1000 },
  );
});

test("refuses operands that are too coarse", () => {
  expect(() => addMultipliers(2 ** 22, 2 ** 22, 1)).toThrow(RangeError);
  expect(addMultipliers(2 ** 21, 2 ** 21, 1).shift).toBe(1);
});
