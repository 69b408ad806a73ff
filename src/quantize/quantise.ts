/**
 * Float graph -> int8 graph, with all that is known about how well it went:
 *
 *   equalise, absorb biases ─▶ calibrate ─▶ choose ranges ─▶ quantise ─▶ correct biases, round weights
 */
import { elementCount, type Graph } from "../graph/ir.js";
import { calibrate, type Rows } from "./calibrate.js";
import { chooseRanges } from "./choose_ranges.js";
import { type Absorbed, absorbBiases } from "./corrections/absorb_bias.js";
import {
  type AnalyticallyCorrected,
  correctBiases,
  type ExpectedValues,
  expectedValues,
} from "./corrections/analytic_bias.js";
import { type Equalised, equalise, LAYERS, NORMALISATIONS } from "./corrections/equalise.js";
import { ownConstants } from "./corrections/own_constants.js";
import { type RoundedLayer, roundWeights } from "./corrections/round_weights.js";
import type { ObserverKind, Range } from "./observers.js";
import { checkPrecisions, type Precisions } from "./precisions.js";
import { quantizeGraph, type Scheme } from "./quantize.js";
import { checkRanges } from "./ranges_file.js";
import { type Samples, sampleValues, spread } from "./samples.js";

/**
 * What is done to a model before and while it is rounded:
 * - equalise: channels of small range are scaled up (cross-layer equalisation, equalise.ts)
 * - smooth: the same behind normalisations, as SmoothQuant does for attention models
 * - absorb: biases give up what a channel never falls below to the layers behind (bias absorption, absorb_bias.ts)
 * - analytic: biases take over the mean error of the rounded weights on clipped normal inputs (analytic_bias.ts)
 * - bias: biases take over the mean error of their layer (empirical bias correction)
 * - rounding: weights are rounded so that the outputs of the layer stay near (round_weights.ts); implies bias
 */
export const CORRECTIONS = ["equalise", "smooth", "absorb", "analytic", "bias", "rounding"] as const;
export type Correction = (typeof CORRECTIONS)[number];

/** What is worth its time on nearly every model; "smooth" pays where few channels of a normalisation are far larger than the rest. */
export const RECOMMENDED: readonly Correction[] = ["equalise", "bias", "rounding"];

export interface QuantiseOptions {
  /** Default minmax. */
  readonly observer?: ObserverKind;
  /** Default none. */
  readonly corrections?: readonly Correction[];
  readonly scheme?: Scheme;
  /** Ranges by value name that take the place of what calibration would choose. */
  readonly ranges?: ReadonlyMap<string, Range>;
  readonly onProgress?: (stage: Stage, done: number, total: number) => void;
}

export type Stage = "equalising" | "absorbing" | "averaging" | "calibrating" | "rounding";

export interface Quantised {
  readonly graph: Graph;
  /** Some calibration rows in the float model, where corrections looked at them; measures the layers too. */
  readonly samples: () => Samples;
  /** The float graph that it is the rounded form of: equal in what it computes to the one given, with equalised weights. */
  readonly float: Graph;
  readonly ranges: ReadonlyMap<string, Range>;
  /** Observer that was chosen per value; those with a range of their own are left out. */
  readonly observers: ReadonlyMap<string, ObserverKind>;
  readonly equalised: readonly Equalised[];
  readonly absorbed: readonly Absorbed[];
  /** Layers whose biases were corrected analytically. */
  readonly analytic: readonly AnalyticallyCorrected[];
  readonly rounded: readonly RoundedLayer[];
  /** Of the layers that are not int8. */
  readonly precisions: Precisions;
}

/** Rows that corrections look at: all values of all of them are in memory at once. */
const CORRECTION_ROWS = 64;
/** Elements of all those values together, 4 bytes each. */
const MOST_VALUES = 2 ** 25;

/** A float model with its ranges: what rounding starts from, whatever the precision of its layers. */
export interface Ranged extends Omit<Quantised, "graph" | "analytic" | "rounded" | "precisions"> {
  /** What the inputs of layers are in the mean, on all calibration rows. */
  readonly expected: () => ExpectedValues;
  readonly options: QuantiseOptions;
}

/** Equal for corrections with which a model is equalised and calibrated alike; the others act when it is rounded. */
export const rangingKey = (corrections: readonly Correction[]): string =>
  [
    corrections.length > 0,
    ...(["equalise", "smooth", "absorb"] as const).map((name) => corrections.includes(name)),
  ].join();

/** Equalises, calibrates and chooses the ranges. @param graph canonical, float */
export function chooseQuantisation(graph: Graph, data: Rows, options: QuantiseOptions = {}): Ranged {
  const { observer = { kind: "minmax" }, corrections = [], onProgress } = options;
  const report = (stage: Stage, total: number) => (done: number) => onProgress?.(stage, done, total);
  const own = corrections.length > 0 ? ownConstants(graph) : graph;
  const producers = new Set<string>([
    ...(corrections.includes("equalise") ? LAYERS : []),
    ...(corrections.includes("smooth") ? NORMALISATIONS : []),
  ]);
  const { graph: even, equalised } =
    producers.size > 0
      ? equalise(own, data, producers, report("equalising", data.rows))
      : { graph: own, equalised: [] };
  const { graph: float, absorbed } = corrections.includes("absorb")
    ? absorbBiases(even, data, report("absorbing", data.rows))
    : { graph: even, absorbed: [] };
  const seen = calibrate(float, data, report("calibrating", data.rows));
  const { ranges, observers } = chooseRanges(seen, observer, float.outputs);
  const given = options.ranges ?? new Map<string, Range>();
  checkRanges(given, new Set(ranges.keys()));
  let taken: Samples | undefined;
  const samples = () => {
    taken ??= correctionSamples(float, data);
    return taken;
  };
  let means: ExpectedValues | undefined;
  const expected = () => {
    means ??= expectedValues(float, data, report("averaging", data.rows));
    return means;
  };
  return {
    ...{ float, ranges: new Map([...ranges, ...given]), observers, equalised, absorbed },
    ...{ samples, expected, options },
  };
}

/** Rounds a model that has its ranges. @param precisions of its layers, in the place of those of the scheme */
export function roundQuantised(ranged: Ranged, precisions: Precisions = new Map()): Quantised {
  const { options, expected, ...found } = ranged;
  const { corrections = [], onProgress } = options;
  const { float, ranges, samples } = found;
  checkPrecisions(float, precisions);
  const stored = quantizeGraph(float, ranges, { ...options.scheme, precisions });
  const { graph: plain, corrected: analytic } = corrections.includes("analytic")
    ? correctBiases(stored, float, expected())
    : { graph: stored, corrected: [] };
  const weights = corrections.includes("rounding");
  const { graph, layers } =
    weights || corrections.includes("bias")
      ? roundWeights(plain, float, samples(), {
          weights,
          onLayer: (done, total) => onProgress?.("rounding", done, total),
        })
      : { graph: plain, layers: [] };
  return { ...found, graph, analytic, rounded: layers, precisions };
}

/** @param graph canonical, float */
export function quantiseFloat(graph: Graph, data: Rows, options: QuantiseOptions = {}): Quantised {
  return roundQuantised(chooseQuantisation(graph, data, options), options.scheme?.precisions);
}

/** As many rows as fit the memory that corrections may take. */
export function correctionSamples(graph: Graph, data: Rows, most = CORRECTION_ROWS): Samples {
  let elements = 0;
  for (const { type, shape, data: constant } of graph.tensors.values()) {
    if (!constant && type === "float32") elements += elementCount(shape);
  }
  const fits = Math.max(1, Math.floor(MOST_VALUES / Math.max(1, elements)));
  return sampleValues(graph, data, spread(data.rows, Math.min(most, fits)));
}
