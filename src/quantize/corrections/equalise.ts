/**
 * Cross-layer equalisation: a channel is divided by s before it is stored and the weights that read it multiplied by s,
 * which changes nothing in reals while channels of small range get more of the 256 steps that all share (Nagel et al.,
 * "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019). Weights have a scale per output
 * channel here, so s comes from the range of the activations, weighed against the weights that read them as in
 * SmoothQuant (Xiao et al., 2023): s = range^a / weight^(1 - a), with the a that has the least modelled noise.
 */
import type { Graph, Tensor } from "../../graph/ir.js";
import type { Rows } from "../calibrate.js";
import { type ChannelFlow, channelFlow, channelOfWeight, outputOfWeight, usesOf } from "./channel_flow.js";
import { type ChannelStatistics, channelStatistics } from "./channel_statistics.js";

export interface Equalised {
  /** The value whose channels are scaled. */
  readonly value: string;
  readonly node: string;
  /** Largest range of a channel divided by the smallest, before. */
  readonly spread: number;
  /** Modelled noise of the layers that read it, before and after, in dB: 10 log10(before / after). */
  readonly gain: number;
}

/** Exponents of the range that are tried. */
const EXPONENTS = [0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** Scales stay within this factor, so that products of several along a chain stay harmless. */
const MAX_FACTOR = 2 ** 10;
/** Gains below it, in dB, are not worth other weights. */
const LEAST_GAIN = 0.1;

/** Layers whose outputs equalisation scales, and normalisations, whose outputs SmoothQuant does. */
export const LAYERS = ["Conv", "Gemm", "ConvTranspose"] as const;
export const NORMALISATIONS = ["MeanVarianceNormalization"] as const;

/**
 * @param graph with constants for each layer of its own (ownConstants)
 * @param producers operators whose outputs are scaled
 * @param onRow called after each row with the number done
 */
export function equalise(
  graph: Graph,
  data: Rows,
  producers: ReadonlySet<string>,
  onRow?: (done: number) => void,
): { graph: Graph; equalised: Equalised[] } {
  const uses = usesOf(graph);
  const flows = graph.nodes.flatMap((node) => (producers.has(node.operator) ? (channelFlow(node, uses) ?? []) : []));
  if (flows.length === 0) return { graph, equalised: [] };
  const values = new Map(flows.map(({ value, channels }) => [value, channels]));
  const statistics = channelStatistics(graph, data, values, onRow);
  const tensors = new Map(graph.tensors);
  const equalised: Equalised[] = [];
  for (const flow of flows) {
    const seen = statistics.get(flow.value)!;
    const found = bestScales(flow, seen, (name) => tensors.get(name)!);
    if (!found) continue;
    apply(flow, found.scales, tensors);
    equalised.push({ value: flow.value, node: flow.producer.name, spread: spreadOf(seen), gain: found.gain });
  }
  return { graph: { ...graph, tensors }, equalised };
}

function spreadOf({ min, max }: ChannelStatistics): number {
  const ranges = Array.from(max, (high, c) => Math.max(high, -min[c])).filter((range) => range > 0);
  return ranges.length === 0 ? 1 : Math.max(...ranges) / Math.min(...ranges);
}

/** The noise of a flow's sinks as the equalisation sees them, for scales s. */
interface NoiseModel {
  noise(scales: Float64Array): number;
  /** Largest weight that reads each channel. */
  readonly reading: Float64Array;
}

function noiseModel(flow: ChannelFlow, seen: ChannelStatistics, tensorOf: (name: string) => Tensor): NoiseModel {
  const reading = new Float64Array(flow.channels);
  const sinks = flow.sinks.map((sink) => {
    const tensor = tensorOf(sink.node.inputs[1]);
    const data = tensor.data as Float32Array;
    const channelOf = channelOfWeight(sink, tensor);
    const outputOf = outputOfWeight(sink.node, tensor);
    const squares = new Float64Array(flow.channels);
    let signal = 0;
    data.forEach((w, i) => {
      const c = channelOf(i);
      squares[c] += w * w;
      reading[c] = Math.max(reading[c], Math.abs(w));
      signal += w * w * seen.power[c];
    });
    return { weights: { data, channelOf, outputOf }, squares, signal };
  });
  return {
    reading,
    noise(scales) {
      let low = 0;
      let high = 0;
      scales.forEach((s, c) => {
        if (seen.min[c] < 0) low = Math.min(low, -seen.reach[c] / s);
        if (seen.max[c] > 0) high = Math.max(high, seen.reach[c] / s);
      });
      const step = ((high - low) / 255) ** 2 / 12;
      let noise = 0;
      for (const { weights, squares, signal } of sinks) {
        if (signal === 0) continue;
        let fromValues = 0;
        scales.forEach((s, c) => {
          fromValues += s * s * squares[c] * step;
        });
        noise += (fromValues + weightNoise(weights, seen.power, scales)) / signal;
      }
      return noise;
    },
  };
}

/** Weights of a sink; for each element the channel that it reads, and the output channel that it is of. */
interface ReadingWeights {
  readonly data: Float32Array;
  channelOf(index: number): number;
  outputOf(index: number): number;
}

/** Noise of the sink's outputs, summed, for weights rounded to 127 steps of the largest of each output channel. */
function weightNoise({ data, channelOf, outputOf }: ReadingWeights, power: Float64Array, scales: Float64Array): number {
  const largest = new Map<number, number>();
  const reads = new Map<number, number>();
  data.forEach((w, i) => {
    const c = channelOf(i);
    const o = outputOf(i);
    largest.set(o, Math.max(largest.get(o) ?? 0, Math.abs(w) * scales[c]));
    reads.set(o, (reads.get(o) ?? 0) + power[c] / scales[c] ** 2);
  });
  let noise = 0;
  for (const [o, high] of largest) noise += ((high / 127) ** 2 / 12) * reads.get(o)!;
  return noise;
}

/** Bounds of the scale of a channel that leave its clamp as it was for every value that was seen. */
function scaleBounds({ min, max }: ChannelFlow, low: number, high: number): [number, number] {
  let least = 1 / MAX_FACTOR;
  let most = MAX_FACTOR;
  for (const [bound, reached] of [
    [max, high],
    [-min, -low],
  ]) {
    if (bound === Number.POSITIVE_INFINITY || bound === 0) continue;
    // Beyond a bound of another sign everything is constant; what reaches the bound has to keep meeting it.
    if (bound < 0 || reached >= bound) return [1, 1];
    least = Math.max(least, reached / bound);
    most = Math.min(most, 1);
  }
  return [Math.min(least, 1), most];
}

function bestScales(
  flow: ChannelFlow,
  seen: ChannelStatistics,
  tensorOf: (name: string) => Tensor,
): { scales: Float64Array; gain: number } | undefined {
  const { noise, reading } = noiseModel(flow, seen, tensorOf);
  const { min, max, reach } = seen;
  // Channels that are always zero, or that nobody weighs, stay as they are.
  const counts = (_: number, c: number) => reach[c] > 0 && reading[c] > 0;
  const bounds = Array.from(reach, (far, c) => scaleBounds(flow, min[c] < 0 ? -far : 0, max[c] > 0 ? far : 0));
  const asIs = new Float64Array(flow.channels).fill(1);
  const before = noise(asIs);
  let best = { scales: asIs, after: Number.POSITIVE_INFINITY };
  for (const exponent of EXPONENTS) {
    const wanted = reach.map((far, c) => (counts(far, c) ? far ** exponent * reading[c] ** (exponent - 1) : 1));
    const common = flow.max === Number.POSITIVE_INFINITY ? meanOf(wanted) : Math.max(...wanted.filter(counts));
    const scales = wanted.map((s, c) => {
      const [least, most] = bounds[c];
      return counts(s, c) ? Math.min(most, Math.max(least, s / common)) : 1;
    });
    const after = noise(scales);
    if (after < best.after) best = { scales, after };
  }
  const gain = 10 * Math.log10(before / best.after);
  return gain >= LEAST_GAIN ? { scales: best.scales, gain } : undefined;
}

/** Geometric mean: the ranges keep their order of magnitude. */
const meanOf = (values: Float64Array): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

function apply({ producer, sinks }: ChannelFlow, scales: Float64Array, tensors: Map<string, Tensor>): void {
  const change = (name: string, factor: (index: number) => number) => {
    const tensor = tensors.get(name)!;
    const data = (tensor.data as Float32Array).map((value, i) => value * factor(i));
    tensors.set(name, { ...tensor, data });
  };
  const [, weights, bias] = producer.inputs;
  const outputOf = outputOfWeight(producer, tensors.get(weights)!);
  change(weights, (i) => 1 / scales[outputOf(i)]);
  if (bias) change(bias, (i) => 1 / scales[i % scales.length]);
  for (const sink of sinks) {
    const name = sink.node.inputs[1];
    const channelOf = channelOfWeight(sink, tensors.get(name)!);
    change(name, (i) => scales[channelOf(i)]);
  }
}
