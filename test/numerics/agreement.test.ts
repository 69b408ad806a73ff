/** The proof of agreement with onnxruntime against the two formulas, tried for every accumulator. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  agreeingFixedPoint,
  type Channel,
  differences,
  onnxruntimeThresholds,
  requantizeThresholds,
} from "../../src/numerics/agreement.js";
import { fixedPoint, requantize, roundHalfEven } from "../../src/numerics/requantize.js";

const clamp = ({ min, max }: Channel, q: number) => Math.max(min, Math.min(max, q));

function onnxruntime(channel: Channel, acc: number): number {
  const rounded = roundHalfEven(Math.fround(Math.fround(acc) * channel.scale));
  return clamp(channel, rounded + channel.zeroPoint);
}

const channels: fc.Arbitrary<Channel> = fc
  .record({
    middle: fc.integer({ min: -(2 ** 20), max: 2 ** 20 }),
    width: fc.integer({ min: 0, max: 3000 }),
    exponent: fc.double({ min: -12, max: 1, noNaN: true }),
    zeroPoint: fc.integer({ min: -128, max: 127 }),
    relu: fc.boolean(),
  })
  .map(({ middle, width, exponent, zeroPoint, relu }) => {
    const scale = Math.fround(2 ** exponent);
    // Near zero, where the results are inside the clamp, and far from it.
    const low = Math.abs(middle) % 3 === 0 ? middle : Math.round((middle % 127) / scale) - 1500;
    return { low, high: low + width, scale, zeroPoint, min: relu ? zeroPoint : -128, max: 127 };
  });

function tried(channel: Channel, results: (acc: number) => number): number {
  let count = 0;
  for (let acc = channel.low; acc <= channel.high; acc++) if (results(acc) !== onnxruntime(channel, acc)) count++;
  return count;
}

test("thresholds are those of the formula", () => {
  fc.assert(
    fc.property(channels, (channel) => {
      const thresholds = onnxruntimeThresholds(channel);
      for (let acc = channel.low; acc <= channel.high; acc++) {
        const reached = thresholds.filter((threshold) => threshold <= acc).length;
        expect(channel.min + reached).toBe(onnxruntime(channel, acc));
      }
    }),
    { numRuns: 60 },
  );
});

test("the accumulators that differ are counted as they are", () => {
  fc.assert(
    fc.property(channels, fc.double({ min: 0.99, max: 1.01, noNaN: true }), (channel, error) => {
      const fixed = fixedPoint(channel.scale * error);
      const ours = requantizeThresholds(channel, fixed, 1n << BigInt(fixed.shift - 1));
      const { zeroPoint, min, max } = channel;
      expect(differences(ours, onnxruntimeThresholds(channel))).toBe(
        tried(channel, (acc) => requantize(acc, fixed.multiplier, fixed.shift, zeroPoint, min, max)),
      );
    }),
    { numRuns: 60 },
  );
});

test("the multiplier that is chosen differs where it says, and no more than the usual one", () => {
  fc.assert(
    fc.property(channels, (channel) => {
      const { scale, zeroPoint, min, max } = channel;
      const result = (fixed: { multiplier: number; shift: number }) =>
        tried(channel, (acc) => requantize(acc, fixed.multiplier, fixed.shift, zeroPoint, min, max));
      const chosen = agreeingFixedPoint(scale, 2 ** 31, channel);
      expect(result(chosen.fixed)).toBe(chosen.differences);
      expect(chosen.differences).toBeLessThanOrEqual(result(fixedPoint(scale, 2 ** 31)));
    }),
    { numRuns: 60 },
  );
});

test("above 2^24, where float32 skips integers, thresholds are searched, not computed", () => {
  const channel = { low: 2 ** 30, high: 2 ** 30 + 4000, scale: Math.fround(1e-7), zeroPoint: 0, min: -128, max: 127 };
  const thresholds = onnxruntimeThresholds(channel);
  expect(new Set(thresholds)).toEqual(new Set([channel.low, channel.high + 1]));
  expect(channel.min + thresholds.filter((t) => t === channel.low).length).toBe(onnxruntime(channel, channel.low));
});
