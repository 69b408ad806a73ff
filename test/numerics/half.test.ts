import { expect, test } from "vitest";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "../../src/numerics/half.js";

test("known float16 patterns (IEEE 754 binary16)", () => {
  expect([0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555].map(halfToFloat)).toEqual([
    1,
    -2,
    65504,
    2 ** -14,
    2 ** -24,
    0.333251953125,
  ]);
  expect(Object.is(halfToFloat(0x8000), -0)).toBe(true);
  expect([halfToFloat(0x7c00), halfToFloat(0xfc00)]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(halfToFloat(0x7e00)).toBeNaN();
});

test("every pattern survives the way to float32 and back", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const isHalfNan = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    if (!isHalfNan) expect(floatToHalf(halfToFloat(bits))).toBe(bits);
    const isBfloatNan = (bits & 0x7f80) === 0x7f80 && (bits & 0x7f) !== 0;
    if (!isBfloatNan) expect(floatToBfloat(bfloatToFloat(bits))).toBe(bits);
  }
  expect([floatToHalf(Number.NaN), floatToBfloat(Number.NaN)].map((b) => b & 0x7fff)).toEqual([0x7e00, 0x7fc0]);
});

// Between two neighbours: below the middle down, above it up, in the middle to the even pattern.
test.each([
  ["float16", halfToFloat, floatToHalf, 0x7bff],
  ["bfloat16", bfloatToFloat, floatToBfloat, 0x7f7f],
])("%s rounds to nearest, ties to even", (_, toFloat, fromFloat, largest) => {
  for (let bits = 0; bits < largest; bits += 7) {
    const middle = (toFloat(bits) + toFloat(bits + 1)) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    expect(fromFloat(middle)).toBe(even);
    expect(fromFloat(-middle)).toBe(even | 0x8000);
    const step = Math.max(Math.abs(middle) * 2 ** -23, 2 ** -149);
    expect(fromFloat(Math.fround(middle - step))).toBe(bits);
    expect(fromFloat(Math.fround(middle + step))).toBe(bits + 1);
  }
});

test("values beyond the largest float16", () => {
  expect([65519.99, 65520, -1e30].map((v) => floatToHalf(Math.fround(v)))).toEqual([0x7bff, 0x7c00, 0xfc00]);
});
