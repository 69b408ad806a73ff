/** Scales and zero points from ranges (numerics version 1): activations asymmetric int8 or symmetric int16, weights symmetric. */
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

/** Per-tensor int16, as far below zero as above: zero point 0. */
export function wideQuantization(range: Range): Quantization {
  const largest = Math.max(-range.min, range.max);
  return { type: "int16", scale: [Math.fround(Math.max(largest / 32767, MIN_SCALE))], zeroPoint: [0] };
}

/** Largest weight: the range is symmetric, so that no zero point is needed. */
export const largestWeight = (bits: 4 | 8): number => 2 ** (bits - 1) - 1;

/** Shares of its largest weight that a channel of few bits may be clipped to. */
const CLIPPINGS = Array.from({ length: 16 }, (_, i) => 1 - i * 0.04);

/**
 * Per-channel symmetric weights along `axis`, q in [-127, 127], or in [-7, 7] for 4 bits. With 4 bits the scale is the
 * one of least squared error over the weights: clipping the largest few is worth it there.
 * A channel whose weights are all zero, or whose bias would leave int32, takes a larger scale at which
 * sum |w| * 256 + |bias| < 2^31 holds.
 */
export function weightQuantization(
  weights: Tensor,
  axis: number,
  bias: Float32Array | undefined,
  inputScale: number,
  bits: 4 | 8 = 8,
): Quantization {
  const data = weights.data as Float32Array;
  const most = largestWeight(bits);
  const channels = weights.shape[axis];
  const inner = elementCount(weights.shape.slice(axis + 1));
  const largest = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    largest[channel] = Math.max(largest[channel], Math.abs(data[i]));
  }
  const clipped = bits === 8 ? largest : leastSquares(data, inner, largest, most);
  const worst = (data.length / channels) * most * 256;
  const scale = Array.from(clipped, (value, channel) => {
    const room = 2 ** 30 - Math.min(worst, 2 ** 29);
    const forBias = Math.abs(bias?.[channel] ?? 0) / (inputScale * room);
    // An all-zero channel keeps its bias to 20 bits.
    const forWeights = value > 0 ? value / most : Math.abs(bias?.[channel] ?? 0) / (inputScale * 2 ** 20);
    return Math.fround(Math.max(forWeights, forBias, MIN_SCALE));
  });
  return { type: "int8", scale, zeroPoint: scale.map(() => 0), axis, ...(bits === 4 && { bits }) };
}

/** The magnitude per channel that the weights are best clipped to, so that `most` steps cover it. */
function leastSquares(data: Float32Array, inner: number, largest: Float64Array, most: number): Float64Array {
  const channels = largest.length;
  const errors = CLIPPINGS.map(() => new Float64Array(channels));
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    if (data[i] === 0) continue;
    CLIPPINGS.forEach((share, k) => {
      const scale = (share * largest[channel]) / most;
      const stored = Math.max(-most, Math.min(most, roundHalfEven(data[i] / scale)));
      errors[k][channel] += (data[i] - stored * scale) ** 2;
    });
  }
  return largest.map((value, channel) => {
    let best = 0;
    for (let k = 1; k < CLIPPINGS.length; k++) if (errors[k][channel] < errors[best][channel]) best = k;
    return value * CLIPPINGS[best];
  });
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
