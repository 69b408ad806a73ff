/**
 * Whether data are what a float model was trained on. The training data are not there to compare with, but the model
 * remembers them: its first BatchNormalization holds mean and variance of what it saw, it tells classes apart, and it
 * is right on labelled rows. Where one of these fails, other scales and layouts of the same data are tried; the one that
 * makes all of them hold is most likely what the model expects.
 */
import { topClass } from "../compare/metrics.js";
import { elementCount, type Graph, type Shape } from "../graph/ir.js";
import { canonicalise } from "../passes/index.js";
import type { InputLayout } from "../passes/input_layout.js";
import type { Rows } from "./calibrate.js";
import { classCount, firstOutput } from "./first_output.js";
import { floatRun } from "./float_run.js";
import { spread } from "./samples.js";

/** Rows of one input that a float model computes. */
export interface CheckedModel {
  /** Canonical, float. */
  readonly graph: Graph;
  /** As it was read, with bound shapes: BatchNormalization is still there. */
  readonly bound: Graph;
  readonly inputLayout?: InputLayout;
}

export interface LabelledRows {
  readonly inputs: Rows;
  /** One class per row. */
  readonly labels: ArrayLike<number>;
}

/** What speaks against the data, in words, and how well they fit; the larger the better. */
interface Evidence {
  /** By statistics and labels: the data are not what the model knows. */
  readonly unlike: readonly string[];
  /** Calibration rows of one class: other data, or no other classes among them. */
  readonly oneClass?: string;
  readonly fit: number;
}

/** What is wrong with the data, and the change that would make it right if one was found. */
export interface Mismatch {
  /** one-class: nothing else is known against the rows, and they may just be too much alike. */
  readonly code: "data-unlike-training" | "one-class";
  readonly complaints: readonly string[];
  readonly change?: string;
}

/** Calibration rows that are looked at, and those that are run for each scale and layout that is tried. */
const MOST_ROWS = 64;
const TRIED_ROWS = 24;
/** Labelled rows, likewise. Both stop as soon as the answer is clear. */
const MOST_LABELLED = 80;
const TRIED_LABELLED = 32;
/** Fewer rows than this say nothing about classes. */
const LEAST_ROWS = 20;
/** Without one right row among the first so many, the rest is not worth its time. */
const HOPELESS_ROWS = 8;
/** By how much a change has to fit better than one that is simpler, or usual: one row in ten right, or a factor of two. */
const BETTER = 1;
/** Ratio of deviations, or distance of means in deviations, that training and calibration never differ by. */
const UNLIKE = 4;
/** Rows beside the most frequent class that a classifier gives on MOST_ROWS mixed ones. */
const LEAST_OTHERS = 2;
/** More elements of an output are no choice among classes. */
const MOST_CLASSES = 1000;

type Row = readonly Float32Array[];

/**
 * undefined: nothing speaks against the data, or the model has not one float32 input.
 * @param onTry called before each scale and layout that is tried
 */
export function dataMismatch(
  model: CheckedModel,
  calibration: Rows,
  labelled?: LabelledRows,
  onTry?: (done: number, total: number) => void,
): Mismatch | undefined {
  const { graph } = model;
  if (graph.inputs.length !== 1 || graph.tensors.get(graph.inputs[0])!.type !== "float32") return undefined;
  const statistics = batchNormProbe(model);
  const outputOf = firstOutput(graph);
  const judge = (change: (values: Float32Array) => Float32Array, rows: number, labels: number): Evidence => {
    const of = (data: Rows) => (row: number) => [change(data.row(row)[0])];
    return evidence(graph, statistics, outputOf, {
      rows: spread(calibration.rows, rows).map((row) => () => of(calibration)(row)),
      labelled: labelled
        ? spread(Math.min(labelled.inputs.rows, labelled.labels.length), labels).map((row) => ({
            label: labelled.labels[row],
            row: () => of(labelled.inputs)(row),
          }))
        : [],
    });
  };
  const { unlike, oneClass, fit } = judge((values) => values, MOST_ROWS, MOST_LABELLED);
  const complaints = [...unlike, ...(oneClass === undefined ? [] : [oneClass])];
  if (complaints.length === 0) return undefined;
  const seen = spread(calibration.rows, MOST_ROWS).map((row) => calibration.row(row));
  const { shape } = graph.tensors.get(graph.inputs[0])!;
  // Of rows in one class alone, about any order of the axes would make several: that is no evidence.
  const tried = [...scales(seen), ...(unlike.length > 0 ? layouts(shape) : [])];
  let best: { fit: number; change?: string } = { fit };
  tried.forEach(({ change, apply }, index) => {
    onTry?.(index, tried.length);
    const found = judge(apply, TRIED_ROWS, TRIED_LABELLED);
    if (found.unlike.length > 0 || found.oneClass !== undefined) return;
    if (found.fit > best.fit + (best.change === undefined ? 0 : BETTER)) best = { fit: found.fit, change };
  });
  const { change } = best;
  const code = unlike.length > 0 || change !== undefined ? "data-unlike-training" : "one-class";
  return { code, complaints, ...(change !== undefined && { change }) };
}

interface Alternative {
  /** What is to be done to the data. */
  readonly change: string;
  apply(values: Float32Array): Float32Array;
}

/** The mistakes that people make, the usual ones first: 8-bit values for shares or the other way round, signed for unsigned. */
function scales(rows: readonly Row[]): Alternative[] {
  const scaled = (change: string, of: (x: number) => number): Alternative => ({
    change,
    apply: (values) => values.map((x) => of(x)),
  });
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [values] of rows) {
    for (const x of values) {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  }
  const small = Math.max(-low, high) <= 2;
  return [
    ...(small
      ? [scaled("x * 255", (x) => x * 255), scaled("(x + 1) * 127.5", (x) => (x + 1) * 127.5)]
      : [scaled("x / 255", (x) => x / 255), scaled("x / 127.5 - 1", (x) => x / 127.5 - 1)]),
    ...(!small && low < 0
      ? [scaled("(x + 128) / 255", (x) => (x + 128) / 255), scaled("x / 128", (x) => x / 128)]
      : []),
    ...(small && low >= 0 ? [scaled("2 * x - 1", (x) => 2 * x - 1)] : []),
    ...(small && low < 0 ? [scaled("(x + 1) / 2", (x) => (x + 1) / 2)] : []),
  ];
}

/** Rows of [1,a,b,c] that hold the axes in another order, where that cannot be seen from their number. */
function layouts(shape: Shape): Alternative[] {
  if (shape.length !== 4 || shape[0] !== 1) return [];
  const [, a, b, c] = shape;
  const reordered = (change: string, from: (i: number, j: number, k: number) => number): Alternative => ({
    change,
    apply: (values) => {
      const result = new Float32Array(values.length);
      let at = 0;
      for (let i = 0; i < a; i++)
        for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) result[at++] = values[from(i, j, k)];
      return result;
    },
  });
  return [
    reordered(`transpose rows of [${c},${a},${b}] to [${a},${b},${c}]`, (i, j, k) => (k * a + i) * b + j),
    reordered(`transpose rows of [${b},${c},${a}] to [${a},${b},${c}]`, (i, j, k) => (j * c + k) * a + i),
  ];
}

/** The values that the model's first BatchNormalization normalises, and what they were in training. */
interface Statistics {
  readonly node: string;
  readonly value: string;
  /** Computes the value, in the model's layout: channels at axis 1. */
  readonly graph: Graph;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

function batchNormProbe({ bound, inputLayout }: CheckedModel): Statistics | undefined {
  const normalisation = bound.nodes.find(({ operator, domain }) => operator === "BatchNormalization" && domain === "");
  if (!normalisation || (bound.states ?? []).length > 0) return undefined;
  const [value, , , mean, variance] = normalisation.inputs;
  const constants = [mean, variance].map((name) => bound.tensors.get(name)?.data);
  if (!constants.every((data) => data instanceof Float32Array)) return undefined;
  const needed = new Set([value]);
  const nodes = [...bound.nodes].reverse().filter(({ inputs, outputs }) => {
    if (!outputs.some((name) => needed.has(name))) return false;
    for (const name of inputs) needed.add(name);
    return true;
  });
  const graph = canonicalise({ ...bound, outputs: [value], nodes: nodes.reverse() }, { inputLayout });
  return { node: normalisation.name, value: graph.outputs[0], graph, mean: constants[0], variance: constants[1] };
}

interface Judged {
  readonly rows: readonly (() => Row)[];
  readonly labelled: readonly { readonly label: number; readonly row: () => Row }[];
}

/** Statistics first, then labels, then classes: what costs most is asked only where the rest does not decide. */
function evidence(
  graph: Graph,
  statistics: Statistics | undefined,
  outputOf: (row: Row) => Float32Array,
  { rows, labelled }: Judged,
): Evidence {
  const unlike: string[] = [];
  let fit = 0;
  if (statistics) {
    const { factor, shift } = distance(
      statistics,
      rows.map((row) => row()),
    );
    fit -= Math.log2(factor) + Math.log2(1 + shift);
    if (factor > UNLIKE || shift > UNLIKE) {
      unlike.push(
        `at BatchNormalization "${statistics.node}" the values of a channel differ from those in training by a factor of ` +
          `${factor.toPrecision(2)} and ${shift.toPrecision(2)} standard deviations`,
      );
    }
  }
  const classes = classCount(graph);
  if (classes === undefined || classes > MOST_CLASSES || unlike.length > 0) return { unlike, fit };
  const classOf = (row: () => Row) => topClass(outputOf(row()));
  if (labelled.length >= LEAST_ROWS) {
    const chance = 1 / classes;
    const beyondChance = (count: number) => chance + 3 * Math.sqrt((chance * (1 - chance)) / count);
    let [right, count] = [0, 0];
    for (const { label, row } of labelled) {
      if (classOf(row) === label) right++;
      count++;
      if (right === 0 && count >= HOPELESS_ROWS) break;
      if (count >= LEAST_ROWS && (right / count >= beyondChance(count) || right / count <= chance)) break;
    }
    fit += (10 * right) / count;
    // A model that is right about its classes gets the data that it knows, however much alike the calibration rows are.
    if (count >= LEAST_ROWS && right / count >= beyondChance(count)) return { unlike, fit };
    unlike.push(`the float model is right on ${right} of ${count} labelled rows, as by chance`);
    return { unlike, fit };
  }
  const counts = new Map<number, number>();
  let [given, most, top] = [0, 0, 0];
  for (const row of rows) {
    const found = classOf(row);
    const times = (counts.get(found) ?? 0) + 1;
    counts.set(found, times);
    given++;
    if (times > most) [most, top] = [times, found];
    if (given >= LEAST_ROWS && given - most >= LEAST_OTHERS) break;
  }
  for (const count of counts.values()) fit -= ((count / given) * Math.log2(count / given)) / Math.log2(classes);
  if (given < LEAST_ROWS || given - most >= LEAST_OTHERS) return { unlike, fit };
  return { unlike, fit, oneClass: `the float model takes ${most} of ${given} calibration rows for class ${top}` };
}

/** Medians over the channels: by which factor deviations differ (>= 1), and by how many deviations means do. */
function distance(
  { graph, value, mean, variance }: Statistics,
  rows: readonly Row[],
): { factor: number; shift: number } {
  const channels = mean.length;
  const inner = elementCount(graph.tensors.get(value)!.shape.slice(2));
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const float = floatRun(graph);
  const { buffer } = float.values.find(({ name }) => name === value)!;
  for (const row of rows) {
    float.run(row);
    buffer.forEach((x, i) => {
      const channel = Math.floor(i / inner) % channels;
      sum[channel] += x;
      squares[channel] += x * x;
    });
  }
  const count = (rows.length * buffer.length) / channels;
  const factors: number[] = [];
  const shifts: number[] = [];
  for (let c = 0; c < channels; c++) {
    // A channel that never changed in training says nothing.
    if (!(variance[c] > 1e-8)) continue;
    const trained = Math.sqrt(variance[c]);
    const deviation = Math.sqrt(Math.max(0, squares[c] / count - (sum[c] / count) ** 2));
    factors.push(2 ** Math.abs(Math.log2(Math.max(deviation / trained, 2 ** -20))));
    shifts.push(Math.abs(sum[c] / count - mean[c]) / trained);
  }
  return { factor: median(factors, 1), shift: median(shifts, 0) };
}

function median(values: number[], without: number): number {
  return values.length === 0 ? without : values.sort((a, b) => a - b)[values.length >> 1];
}
