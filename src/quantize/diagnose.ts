/** What is suspicious about a quantisation, in plain words: the data first, then the layers, then the classes. */
import { topClass } from "../compare/metrics.js";
import { fedInputs, type Graph } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { Rows } from "./calibrate.js";
import { type CheckedModel, dataMismatch, type LabelledRows } from "./data_checks.js";
import { classCount, floatOutputs } from "./first_output.js";
import type { LayerError } from "./layer_errors.js";
import type { Precisions } from "./precisions.js";
import { spread } from "./samples.js";

export type WarningCode =
  | "few-rows"
  | "constant-input"
  | "calibration-unlike-inputs"
  | "data-unlike-training"
  | "one-class"
  | "noisy-output"
  | "accuracy-drop"
  | "class-vanished";

export interface Warning {
  readonly code: WarningCode;
  /** Cause and way out. */
  readonly message: string;
}

/** Fewer rows than this hardly show the ranges of a model. */
const FEW_ROWS = 20;
/** Below it, in dB, an output is a rough guess: one part in ten of its size is noise. */
const LEAST_SNR = 20;
/** Rows that are looked at for inputs that never change. */
const MOST_ROWS = 256;
/** Ratio of the magnitudes of calibration rows and of those that the model is to run on. */
const OTHER_SCALE = 4;
/** Rows that both models are run on to compare their classes. */
const COMPARED_ROWS = 200;
/** Loss of accuracy, 0..1, that is worth a word. */
const MOST_LOSS = 0.02;
/** Share of the rows that a class has to have in the float model to be missed. */
const LEAST_SHARE = 0.02;

/** @param names of the inputs */
export function dataWarnings(data: Rows, names: readonly string[]): Warning[] {
  const warnings: Warning[] = [];
  if (data.rows < FEW_ROWS) {
    warnings.push({
      code: "few-rows",
      message: `${data.rows} calibration rows are few: ranges that they do not show are clipped; give at least ${FEW_ROWS}, better 100`,
    });
  }
  names.forEach((name, input) => {
    const [first] = data.row(0)[input];
    for (let row = 0; row < Math.min(data.rows, MOST_ROWS); row++) {
      if (!data.row(row)[input].every((value) => value === first)) return;
    }
    warnings.push({
      code: "constant-input",
      message: `input ${quoted(name)} is ${first} in every element of every calibration row: is it the right array?`,
    });
  });
  return warnings;
}

/** What was done already, so that no warning asks for it. */
export interface Done {
  readonly corrected: boolean;
  readonly precisions: Precisions;
}

/**
 * Where the float model itself says that the data are not what it was trained on, or not all of it.
 * @param onTry called before each scale and layout that is tried
 */
export function mismatchWarnings(
  model: CheckedModel,
  calibration: Rows,
  labelled?: LabelledRows,
  onTry?: (done: number, total: number) => void,
): Warning[] {
  const found = dataMismatch(model, calibration, labelled, onTry);
  if (!found) return [];
  const { code, complaints, change } = found;
  const said = complaints.join("; ");
  if (code === "one-class") {
    const wayOut = "give rows of all classes, or check the preprocessing if these are";
    return [
      { code, message: `${said}: calibration shows one class, and the ranges of the others are unknown; ${wayOut}` },
    ];
  }
  const wayOut =
    change === undefined
      ? "check scale, layout and order of the classes against the preprocessing of the training"
      : `with ${change} the data would fit: feed the model so, in calibration and on the device`;
  return [{ code, message: `${said}: the data look wrong; ${wayOut}` }];
}

/** All that can be said about the data before anything is quantised. @param tests rows that the model is to run on */
export function calibrationWarnings(
  model: CheckedModel,
  calibration: Rows,
  tests: { readonly inputs: Rows; readonly labels: ArrayLike<number> | null } | undefined,
  onTry?: (done: number, total: number) => void,
): Warning[] {
  const names = fedInputs(model.graph);
  const labelled = tests?.labels ? { inputs: tests.inputs, labels: tests.labels } : undefined;
  return [
    ...dataWarnings(calibration, names),
    ...(tests ? scaleWarnings(calibration, tests.inputs, names) : []),
    ...mismatchWarnings(model, calibration, labelled, onTry),
  ];
}

/** Calibration rows of another scale than those that the model is to run on. */
export function scaleWarnings(calibration: Rows, inputs: Rows, names: readonly string[]): Warning[] {
  return names.flatMap((name, input) => {
    const [a, b] = [magnitude(calibration, input), magnitude(inputs, input)];
    if (a === 0 || b === 0 || Math.max(a / b, b / a) < OTHER_SCALE) return [];
    return [
      {
        code: "calibration-unlike-inputs" as const,
        message:
          `input ${quoted(name)}: the calibration rows are ${(a / b).toPrecision(2)} times as large as the array inputs ` +
          `(root mean square ${a.toPrecision(3)} and ${b.toPrecision(3)}); prepare both alike`,
      },
    ];
  });
}

function magnitude(data: Rows, input: number): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < Math.min(data.rows, MOST_ROWS); row++) {
    for (const x of data.row(row)[input]) sum += x * x;
    count += data.row(row)[input].length;
  }
  return Math.sqrt(sum / Math.max(1, count));
}

/**
 * @param layers in the order of the model
 * @param outputs names of the model's outputs
 */
export function layerWarnings(layers: readonly LayerError[], outputs: readonly string[], done: Done): Warning[] {
  return layers.flatMap(({ value, accumulated }) => {
    if (!outputs.includes(value) || accumulated >= LEAST_SNR) return [];
    const worst = layers.reduce((a, b) => (b.isolated < a.isolated ? b : a));
    return [
      {
        code: "noisy-output" as const,
        message:
          `output ${quoted(value)} is ${accumulated.toFixed(1)} dB above its error only; the layer that loses most by itself is ` +
          `${worst.operator} ${quoted(worst.node)} (${worst.isolated.toFixed(1)} dB): ${remedy(worst, done)}`,
      },
    ];
  });
}

/** What would make the layer lose less. */
export function remedy({ node, saturated }: LayerError, { corrected, precisions }: Done): string {
  if (saturated > 0.001) {
    return "its values leave the range that calibration saw, so give rows that show more, or --observer minmax";
  }
  if (precisions.get(node) === "int4") return "its weights are int4; int8 loses less";
  if (!corrected) return "try --corrections auto and --observer best";
  return "give it int16 or float32 with --precisions, or let --max-accuracy-drop find the layers that need it";
}

/** The top classes of both models on the same rows. */
export interface ClassComparison {
  readonly rows: number;
  /** Share of the rows with the same class, 0..1. */
  readonly agreement: number;
  /** Shares that are right; null without labels. */
  readonly float: number | null;
  readonly int8: number | null;
  /** Classes that the float model gives and the int8 one never does, with the number of their rows. */
  readonly vanished: readonly { readonly class: number; readonly rows: number }[];
}

/** Rows on which the classes of both models are compared, and what the float model gives for them. */
export interface ClassRows {
  readonly inputs: readonly (readonly Float32Array[])[];
  readonly float: readonly Float32Array[];
  /** One class per row, where they are known. */
  readonly labels?: readonly number[];
}

/** Some rows of the labelled ones, or of calibration; undefined for a model without classes, with a state, or with integer inputs. */
export function classRows(float: Graph, calibration: Rows, labelled?: LabelledRows): ClassRows | undefined {
  const reals = float.inputs.every((name) => float.tensors.get(name)!.type === "float32");
  if (classCount(float) === undefined || !reals || (float.states ?? []).length > 0) return undefined;
  const data = labelled?.inputs ?? calibration;
  const picked = spread(data.rows, COMPARED_ROWS);
  const inputs = picked.map((row) => data.row(row));
  const labels = labelled && picked.map((row) => labelled.labels[row]);
  return { inputs, float: floatOutputs(float, inputs), ...(labels && { labels }) };
}

/** @param float, int8 outputs, one per row */
export function compareClasses(
  float: readonly Float32Array[],
  int8: readonly Float32Array[],
  labels?: readonly number[],
): ClassComparison {
  const [a, b] = [float.map(topClass), int8.map(topClass)];
  const share = (test: (i: number) => boolean) => a.filter((_, i) => test(i)).length / a.length;
  const kept = new Set(b);
  const vanished = [...new Set(a)]
    .filter((found) => !kept.has(found))
    .map((found) => ({ class: found, rows: a.filter((other) => other === found).length }))
    .filter(({ rows }) => rows >= 2 && rows / a.length >= LEAST_SHARE)
    .sort((x, y) => x.class - y.class);
  return {
    rows: a.length,
    agreement: share((i) => a[i] === b[i]),
    float: labels ? share((i) => a[i] === labels[i]) : null,
    int8: labels ? share((i) => b[i] === labels[i]) : null,
    vanished,
  };
}

export function classWarnings({ rows, float, int8, vanished }: ClassComparison): Warning[] {
  const wayOut = "quantize --layers shows where it is lost; try --observer best --corrections auto";
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return [
    ...(float !== null && int8 !== null && float - int8 > MOST_LOSS
      ? [
          {
            code: "accuracy-drop" as const,
            message: `int8 is right on ${percent(int8)} of ${rows} labelled rows, float32 on ${percent(float)}: ${wayOut}`,
          },
        ]
      : []),
    ...vanished.map((lost) => ({
      code: "class-vanished" as const,
      message: `class ${lost.class} has disappeared: float32 gives it for ${lost.rows} of ${rows} rows, int8 for none: ${wayOut}`,
    })),
  ];
}
