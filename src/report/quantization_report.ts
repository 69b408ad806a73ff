/** The report of a quantisation: what is lost, where, why, and what would help. */
import { decibels } from "../compare/metrics.js";
import { type ClassComparison, type Done, remedy, type Warning } from "../quantize/diagnose.js";
import type { LayerError } from "../quantize/layer_errors.js";
import { type Found, paretoFront } from "../quantize/search.js";
import { barChart, histogramChart, scatterChart } from "./charts.js";
import type { Drawing } from "./drawing.js";
import type { Report, Section } from "./page.js";
import type { CorrectionGain, Distribution, LayerFacts } from "./quantization_facts.js";

/** More layers are not drawn: the worst are. */
const MOST_BARS = 80;
const MOST_HISTOGRAMS = 24;
const BLAMED = 3;
/** Below it, in dB, a bar is red. */
const LOW = 20;

export interface QuantizationReportInput {
  readonly title: string;
  readonly layers: readonly LayerError[];
  /** In the order of the layers. */
  readonly facts: readonly LayerFacts[];
  readonly gains: readonly CorrectionGain[];
  readonly warnings: readonly Warning[];
  readonly classes: ClassComparison | undefined;
  readonly done: Done;
  /** Of the model's outputs. */
  readonly outputs: readonly string[];
  readonly search?: { readonly found: Found; readonly metric: string; readonly cost: string };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function quantizationReport(input: QuantizationReportInput): Report {
  const { title, layers, facts, gains, warnings, classes, outputs, search } = input;
  const last = layers.filter(({ value }) => outputs.includes(value));
  const signal = last.map(({ value, accumulated }) => `${value} ${decibels(accumulated)} dB`).join(", ");
  return {
    title,
    verdict: {
      text: `${warnings.length === 0 ? "Nothing looks wrong" : `${warnings.length} warnings`}; output over its error: ${signal || "not measured"}`,
      tone: warnings.length === 0 ? "good" : "bad",
    },
    warnings: warnings.map(({ code, message }) => `${code}: ${message}`),
    sections: [
      ...(classes ? [classSection(classes)] : []),
      blameSection(input),
      lossSection(layers),
      ...(gains.length > 1 ? [gainSection(gains)] : []),
      ...(search ? [searchSection(search)] : []),
      {
        heading: "Layers",
        tables: [
          {
            header: [
              "layer",
              "operator",
              "dB here",
              "dB alone",
              "cosine",
              "out of range",
              "channels",
              "dead",
              "clipped",
            ],
            rows: layers.map(({ node, operator, accumulated, isolated, cosine, saturated }, i) => [
              ...[node, operator, decibels(accumulated), decibels(isolated), cosine === null ? "-" : cosine.toFixed(5)],
              ...[percent(saturated), facts[i].channels, facts[i].dead, facts[i].clipped],
            ]),
          },
        ],
      },
      histogramSection(layers, facts),
    ],
  };
}

function classSection({ rows, agreement, float, int8 }: ClassComparison): Section {
  return {
    heading: "Classes",
    tables: [
      {
        rows: [
          [`same class as float32, of ${rows} rows`, percent(agreement)],
          ...(float === null || int8 === null
            ? []
            : [
                ["float32 right", percent(float)],
                ["int8 right", percent(int8)],
              ]),
        ],
      },
    ],
  };
}

/** The layers that lose most by themselves, in words. */
function blameSection({ layers, done }: QuantizationReportInput): Section {
  const worst = layers.filter(({ isolated }) => Number.isFinite(isolated)).toSorted((a, b) => a.isolated - b.isolated);
  return {
    heading: "What loses most",
    notes: worst
      .slice(0, BLAMED)
      .map(
        (layer) =>
          `${layer.operator} ${layer.node}: ${decibels(layer.isolated)} dB by itself, ${decibels(layer.accumulated)} dB with what came before. If that is too little: ${remedy(layer, done)}.`,
      ),
  };
}

function lossSection(layers: readonly LayerError[]): Section {
  const shown = layers.slice(0, MOST_BARS);
  const chart = (title: string, of: (layer: LayerError) => number): Drawing => {
    const most = Math.max(1, ...shown.map(of).filter(Number.isFinite));
    return barChart(
      title,
      shown.map((layer) => {
        const db = of(layer);
        const value = Number.isFinite(db) ? Math.max(db, 0) : most;
        return { label: layer.node, value, text: decibels(db), tone: db < LOW ? "bad" : "main" };
      }),
    );
  };
  return {
    heading: "Loss by layer",
    notes: [
      "dB of the float model's values over the error: 20 is one part in ten. Alone: with the inputs that the float model has.",
      ...(layers.length > MOST_BARS ? [`The first ${MOST_BARS} of ${layers.length} layers.`] : []),
    ],
    drawings: [
      chart("Accumulated, dB", ({ accumulated }) => accumulated),
      chart("Alone, dB", ({ isolated }) => isolated),
    ],
  };
}

function gainSection(gains: readonly CorrectionGain[]): Section {
  return {
    heading: "What the corrections gained",
    notes: [
      "dB of the output over its error on the sample rows, the corrections added one by one, then each left out.",
    ],
    drawings: [
      barChart(
        "Output over error, dB",
        gains.map(({ corrections, snr }) => ({
          label: corrections.join("+") || "none",
          ...{ value: Math.max(0, snr ?? 0), text: decibels(snr ?? Number.POSITIVE_INFINITY) },
        })),
      ),
    ],
    wide: true,
  };
}

function searchSection({ found, metric, cost }: NonNullable<QuantizationReportInput["search"]>): Section {
  const front = new Set(paretoFront(found.trials));
  const points = found.trials.map((trial) => {
    const isChosen = trial.precisions === found.chosen.precisions;
    const hint = `${metric} ${trial.value.toFixed(2)} at ${trial.cost}`;
    const tone = isChosen ? ("good" as const) : front.has(trial) ? ("main" as const) : ("faint" as const);
    return { x: trial.cost, y: trial.value, hint, tone, ...(isChosen && { label: "chosen" }) };
  });
  return {
    heading: "Mixed precision",
    notes: ["Every mix that was judged; blue: no other one is better in both."],
    drawings: [scatterChart(`${metric} by ${cost}`, points, { x: cost, y: metric })],
    wide: true,
  };
}

function histogramSection(layers: readonly LayerError[], facts: readonly LayerFacts[]): Section {
  const worst = new Set(
    layers
      .map((_, i) => i)
      .toSorted((a, b) => layers[a].isolated - layers[b].isolated)
      .slice(0, MOST_HISTOGRAMS),
  );
  const drawn = (title: string, found: Distribution | null): Drawing[] => {
    if (!found) return [];
    const { counts, low, high, range } = found;
    const markers = [
      { value: range.min, label: "lowest", tone: "second" as const },
      { value: range.max, label: "highest", tone: "second" as const },
    ];
    return [histogramChart(title, { counts, low, high }, { markers, scale: "root" })];
  };
  return {
    heading: "Values and ranges",
    notes: [
      "Square roots of the counts; the dashed lines are the least and the greatest value that the integers hold.",
      ...(layers.length > worst.size
        ? [`The ${worst.size} layers of ${layers.length} that lose most by themselves.`]
        : []),
    ],
    drawings: facts.flatMap(({ node, activations, weights }, i) =>
      worst.has(i) ? [...drawn(`${node}: values`, activations), ...drawn(`${node}: weights`, weights)] : [],
    ),
  };
}
