/** Scales and zero points from ranges (numerics version 1): activations asymmetric int8, weights symmetric. */
import type { Quantization, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { roundHalfEven } from "../numerics/requantize.js";
import type { Range } from "./observers.js";

/** Smallest scale: its reciprocal and products with it stay normal float32 numbers. */
const MIN_SCALE = 2 ** -60;

/**
 * Per-tensor int8 over a range that is widened to contain zero, so that zero is exact.
 * @param symmetric as far below zero as above: zero point 0
 */
export function activationQuantization(range: Range, symmetric = false): Quantization {
  if (symmetric) {
    const largest = Math.max(-range.min, range.max);
    const scale = Math.fround(Math.max(largest / 127, MIN_SCALE));
    return { type: "int8", scale: [scale], zeroPoint: [0] };
  }
  const min = Math.min(0, range.min);
  const max = Math.max(0, range.max);
  const scale = Math.fround(Math.max((max - min) / 255, MIN_SCALE));
  const zeroPoint = Math.max(-128, Math.min(127, roundHalfEven(-128 - min / scale)));
  return { type: "int8", scale: [scale], zeroPoint: [zeroPoint] };
}

/**
 * Per-channel symmetric int8 weights along `axis`, q in [-127, 127].
 * A channel whose weights are all zero, or whose bias would leave int32, takes a larger scale at which
 * sum |w| * 256 + |bias| < 2^31 holds.
 */
export function weightQuantization(
  weights: Tensor,
  axis: number,
  bias: Float32Array | undefined,
  inputScale: number,
): Quantization {
  const data = weights.data as Float32Array;
  const channels = weights.shape[axis];
  const inner = elementCount(weights.shape.slice(axis + 1));
  const largest = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    largest[channel] = Math.max(largest[channel], Math.abs(data[i]));
  }
  const worst = (data.length / channels) * 127 * 256;
  const scale = Array.from(largest, (value, channel) => {
    const room = 2 ** 30 - Math.min(worst, 2 ** 29);
    const forBias = Math.abs(bias?.[channel] ?? 0) / (inputScale * room);
    // An all-zero channel keeps its bias to 20 bits.
    const forWeights = value > 0 ? value / 127 : Math.abs(bias?.[channel] ?? 0) / (inputScale * 2 ** 20);
    return Math.fround(Math.max(forWeights, forBias, MIN_SCALE));
  });
  return { type: "int8", scale, zeroPoint: scale.map(() => 0), axis };
}

/** int32 bias at scale in_scale * w_scale[c]. */
export function biasQuantization(weights: Quantization, inputScale: number): Quantization {
  return {
    type: "int32",
    scale: weights.scale.map((s) => Math.fround(Math.max(inputScale * s, 2 ** -126))),
    zeroPoint: weights.scale.map(() => 0),
    axis: 0,
  };
}
