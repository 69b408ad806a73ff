/** What a report shows of a quantised model beside the errors of its layers: distributions, channels, what corrections gained. */
import type { Graph, Quantization } from "../graph/ir.js";
import type { Rows } from "../quantize/calibrate.js";
import { floatOutputs, int8Outputs } from "../quantize/first_output.js";
import type { LayerError } from "../quantize/layer_errors.js";
import type { Range } from "../quantize/observers.js";
import { QUALITIES } from "../quantize/quality.js";
import {
  CORRECTIONS,
  type Correction,
  chooseQuantisation,
  type Quantised,
  type QuantiseOptions,
  rangingKey,
  roundQuantised,
} from "../quantize/quantise.js";
import { binned } from "./charts.js";

/** Bins of every histogram. */
const BINS = 60;
/** Share of the elements of a channel beyond the range that makes it a clipped one. */
const CLIPPED = 0.01;

/** Counts over bins of one width from low to high. */
export interface Distribution {
  readonly counts: readonly number[];
  readonly low: number;
  readonly high: number;
  /** What the stored integers can hold; of weights, in the channel with the largest scale. */
  readonly range: Range;
}

export interface LayerFacts {
  readonly node: string;
  readonly value: string;
  /** Of the sample rows in the float model; null where the value is not stored as int8. */
  readonly activations: Distribution | null;
  /** Of the float model; null for a layer without weights in integers. */
  readonly weights: Distribution | null;
  /** The last axis of the value. */
  readonly channels: number;
  /** Channels that have one value in all sample rows. */
  readonly dead: number;
  /** Channels with more than 1 % of their elements beyond the range. */
  readonly clipped: number;
}

/** Reals that the integers from low to high stand for, with the largest scale. */
function rangeOf({ scale, zeroPoint }: Quantization, low: number, high: number): Range {
  const widest = scale.indexOf(Math.max(...scale));
  const zero = zeroPoint[widest] ?? 0;
  return { min: (low - zero) * scale[widest], max: (high - zero) * scale[widest] };
}

/** In the order of `layers`. */
export function layerFacts({ graph, float, samples }: Quantised, layers: readonly LayerError[]): LayerFacts[] {
  const taken = samples();
  return layers.map(({ node, value }) => {
    const { quantization, shape } = graph.tensors.get(value) ?? { quantization: undefined, shape: [] };
    const rows = taken.values(value) ?? [];
    const range = quantization?.type === "int8" ? rangeOf(quantization, -128, 127) : undefined;
    const channels = shape.at(-1) ?? 1;
    return {
      ...{ node, value, channels, weights: weightsOf(graph, float, node) },
      ...channelFacts(rows, channels, range),
      activations: range && rows.length > 0 ? { ...binned(joined(rows), BINS), range } : null,
    };
  });
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => {
    all.set(row, i * row.length);
  });
  return all;
}

function weightsOf(graph: Graph, float: Graph, name: string): Distribution | null {
  const inputOf = ({ nodes, tensors }: Graph) => {
    const node = nodes.find((found) => found.name === name);
    return tensors.get(node?.inputs[1] ?? "");
  };
  const [stored, real] = [inputOf(graph), inputOf(float)];
  if (!stored?.data || stored.quantization?.type !== "int8" || !(real?.data instanceof Float32Array)) return null;
  const most = stored.quantization.bits === 4 ? 7 : 127;
  return { ...binned(real.data, BINS), range: rangeOf(stored.quantization, -most, most) };
}

function channelFacts(rows: readonly Float32Array[], channels: number, range: Range | undefined) {
  const beyond = new Array<number>(channels).fill(0);
  const low = new Array<number>(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY);
  let elements = 0;
  for (const row of rows) {
    elements += row.length / channels;
    row.forEach((x, i) => {
      const channel = i % channels;
      low[channel] = Math.min(low[channel], x);
      high[channel] = Math.max(high[channel], x);
      if (range && (x < range.min || x > range.max)) beyond[channel]++;
    });
  }
  return {
    dead: low.filter((least, c) => least === high[c]).length,
    clipped: beyond.filter((count) => count > CLIPPED * elements).length,
  };
}

/** dB of the first output over its error on the sample rows, with some of the corrections. */
export interface CorrectionGain {
  readonly corrections: readonly Correction[];
  /** null: no error. */
  readonly snr: number | null;
}

/**
 * The corrections added one by one, from none to all, and then each one left out.
 * @param graph canonical, float
 * @param quantised with all of them
 */
export function correctionGains(
  graph: Graph,
  data: Rows,
  quantised: Quantised,
  options: QuantiseOptions,
  onRun?: (done: number, total: number) => void,
): CorrectionGain[] {
  const used = CORRECTIONS.filter((name) => options.corrections?.includes(name));
  const sets = [
    ...[...used, null].map((_, count) => used.slice(0, count)),
    ...used.map((out) => used.filter((name) => name !== out)),
  ];
  const unique = [...new Map(sets.map((set) => [set.join(), set])).values()];
  const { inputs } = quantised.samples();
  const float = floatOutputs(graph, inputs);
  const gainOf = (rounded: Graph): number | null => {
    const snr = QUALITIES.snr.measure(int8Outputs(rounded, inputs), float);
    return Number.isFinite(snr) ? snr : null;
  };
  const gains = new Map([[used.join(), gainOf(quantised.graph)]]);
  // Ranging once per key, and one model at a time: the samples of each take much memory.
  for (const key of new Set(unique.map(rangingKey))) {
    const alike = unique.filter((set) => rangingKey(set) === key && !gains.has(set.join()));
    if (alike.length === 0) continue;
    const given = { ...options, corrections: alike[0], onProgress: undefined };
    const ranged = chooseQuantisation(graph, data, given);
    for (const corrections of alike) {
      onRun?.(gains.size, unique.length);
      const { graph: rounded } = roundQuantised(
        { ...ranged, options: { ...given, corrections } },
        options.scheme?.precisions,
      );
      gains.set(corrections.join(), gainOf(rounded));
    }
  }
  return unique.map((corrections) => ({ corrections, snr: gains.get(corrections.join()) ?? null }));
}
