/** Channels brought to one shift give the same results for every accumulator that their inputs can reach. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DepthwiseConv2dS8Params } from "../../../src/kernels/nn_depthwise_conv2d_s8.js";
import { inPlaceHolds, scaledChannels } from "../../../src/kernels/variants/depthwise_planes.js";
import { int8, int8s, outputRange, sample } from "../arbitraries.js";
import { requantizeExact } from "../int8_layers.js";

const PARAMS: DepthwiseConv2dS8Params = {
  ...{ batch: 1, in_h: 4, in_w: 5, in_c: 1, out_h: 4, out_w: 5, out_c: 1, kernel_h: 3, kernel_w: 3 },
  ...{ stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1, pad_top: 1, pad_left: 1, channel_multiplier: 1 },
  ...{ in_zero_point: 0, out_zero_point: 0, out_min: -128, out_max: 127 },
};

const channels = fc.record({
  weights: int8s(9),
  bias: fc.integer({ min: -20000, max: 20000 }),
  multiplier: fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }),
  shift: fc.integer({ min: 33, max: 62 }),
  range: outputRange,
  zero: int8,
});

describe("scaledChannels", () => {
  test("changes no result", () => {
    const up: number[] = [];
    for (const { weights, bias, multiplier, shift, range } of sample(channels, 400)) {
      const params = { ...PARAMS, ...range };
      const constants = {
        weights,
        bias: Int32Array.of(bias),
        multiplier: Int32Array.of(multiplier),
        shift: Uint8Array.of(shift),
      };
      const scaled = scaledChannels({ params, constants }, 10);
      if (typeof scaled === "string") continue;
      const [channel] = scaled;
      const factor = channel.multiplier === multiplier ? 2 ** (42 - shift) : 1;
      expect(channel.weights).toEqual(Array.from(weights, (w) => w * factor));
      up.push(42 - shift);
      const reach = 128 * weights.reduce((sum, w) => sum + Math.abs(w), 0);
      for (let i = 0; i <= 400; i++) {
        const acc = bias - reach + Math.round((i * 2 * reach) / 400);
        const own = requantizeExact(acc, multiplier, shift, params);
        expect(requantizeExact(acc * factor, channel.multiplier, 42, params)).toBe(own);
      }
    }
    expect(up.filter((d) => d > 0).length).toBeGreaterThan(20);
    expect(up.filter((d) => d < 0).length).toBeGreaterThan(20);
  });

  test.each([
    [32, 0, "weights times 1024 exceed int16"],
    [36, 40_000_000, "sums times 64 exceed int32"],
    [53, 97_872_000, "a multiplier needs a shift of 53"],
  ])("refuses what it cannot represent: shift %i, bias %i", (shift, bias, why) => {
    const constants = {
      weights: new Int8Array(9).fill(127),
      bias: Int32Array.of(bias),
      multiplier: Int32Array.of(1_518_500_249),
      shift: Uint8Array.of(shift),
    };
    expect(scaledChannels({ params: PARAMS, constants }, 10)).toBe(why);
  });
});

describe("inPlaceHolds", () => {
  test.each([
    ["the same shape", {}, true],
    ["another size", { out_w: 3, stride_w: 2 }, true],
    ["the same size in another shape", { out_h: 5, out_w: 4 }, false],
    ["more channels on fewer pixels", { in_c: 4, out_c: 16, channel_multiplier: 4, out_h: 2, out_w: 2.5 }, false],
    ["rows above all that they read", { pad_top: 3 }, false],
  ])("%s", (_, change, holds) => {
    expect(inPlaceHolds({ ...PARAMS, ...change })).toBe(holds);
  });
});
