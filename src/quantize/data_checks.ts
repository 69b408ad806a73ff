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
import { classCount, floatOutputs } from "./first_output.js";
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
  /** The first output of the float model for each row, where it is known already. */
  readonly outputs?: readonly Float32Array[];
}

/** What speaks against the data, in words, and how well they fit; the larger the better. */
interface Evidence {
  readonly complaints: readonly string[];
  readonly fit: number;
}

/** What is wrong with the data, and the change that would make it right if one was found. */
export interface Mismatch {
  readonly complaints: readonly string[];
  readonly change?: string;
}

/** Rows that are run for each scale and layout that is tried. */
const MOST_ROWS = 64;
const MOST_LABELLED = 200;
/** Fewer rows than this say nothing about classes. */
const LEAST_ROWS = 20;
/** Ratio of deviations, or distance of means in deviations, that training and calibration never differ by. */
const UNLIKE = 4;
/** Share of the rows in one class that a classifier does not give on mixed data. */
const ONE_CLASS = 0.97;
/** More elements of an output are no choice among classes. */
const MOST_CLASSES = 1000;

type Row = readonly Float32Array[];

/** undefined: nothing speaks against the data, or the model has not one float32 input. */
export function dataMismatch(model: CheckedModel, calibration: Rows, labelled?: LabelledRows): Mismatch | undefined {
  const { graph } = model;
  if (graph.inputs.length !== 1 || graph.tensors.get(graph.inputs[0])!.type !== "float32") return undefined;
  const rows = spread(calibration.rows, MOST_ROWS).map((row) => calibration.row(row));
  const picked = labelled ? spread(Math.min(labelled.inputs.rows, labelled.labels.length), MOST_LABELLED) : [];
  const inputs = picked.map((row) => labelled!.inputs.row(row));
  const labels = picked.map((row) => labelled!.labels[row]);
  const statistics = batchNormProbe(model);
  const judge = (change: (values: Float32Array) => Float32Array): Evidence => {
    const changed = (all: readonly Row[]) => all.map(([values]) => [change(values)]);
    return evidence(graph, statistics, changed(rows), labels, () => floatOutputs(graph, changed(inputs)));
  };
  const known = labelled?.outputs;
  const given = () => (known ? picked.map((row) => known[row]) : floatOutputs(graph, inputs));
  const asIs = evidence(graph, statistics, rows, labels, given);
  if (asIs.complaints.length === 0) return undefined;
  let best: { fit: number; change?: string } = { fit: asIs.fit };
  for (const { change, apply } of alternatives(graph.tensors.get(graph.inputs[0])!.shape, rows)) {
    const found = judge(apply);
    if (found.complaints.length === 0 && found.fit > best.fit) best = { fit: found.fit, change };
  }
  return { complaints: asIs.complaints, ...(best.change !== undefined && { change: best.change }) };
}

interface Alternative {
  /** What is to be done to the data. */
  readonly change: string;
  apply(values: Float32Array): Float32Array;
}

/** The mistakes that people make: 8-bit values for shares or the other way round, signed for unsigned, channels elsewhere. */
function alternatives(shape: Shape, rows: readonly Row[]): Alternative[] {
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
    ...layouts(shape),
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

function evidence(
  graph: Graph,
  statistics: Statistics | undefined,
  rows: readonly Row[],
  labels: readonly number[],
  labelledOutputs: () => readonly Float32Array[],
): Evidence {
  const complaints: string[] = [];
  let fit = 0;
  if (statistics) {
    const { factor, shift } = distance(statistics, rows);
    fit -= Math.log2(factor) + Math.log2(1 + shift);
    if (factor > UNLIKE || shift > UNLIKE) {
      complaints.push(
        `at BatchNormalization "${statistics.node}" the values of a channel differ from those in training by a factor of ` +
          `${factor.toPrecision(2)} and ${shift.toPrecision(2)} standard deviations`,
      );
    }
  }
  const classes = classCount(graph);
  if (classes === undefined || classes > MOST_CLASSES) return { complaints, fit };
  const given = floatOutputs(graph, rows).map(topClass);
  const counts = new Map<number, number>();
  for (const found of given) counts.set(found, (counts.get(found) ?? 0) + 1);
  const [[top, most]] = [...counts].sort(([, a], [, b]) => b - a);
  for (const count of counts.values())
    fit -= ((count / given.length) * Math.log2(count / given.length)) / Math.log2(classes);
  if (given.length >= LEAST_ROWS && most / given.length >= ONE_CLASS) {
    complaints.push(`the float model takes ${most} of ${given.length} calibration rows for class ${top}`);
  }
  if (labels.length >= LEAST_ROWS) {
    const right = labelledOutputs().filter((row, i) => topClass(row) === labels[i]).length / labels.length;
    const chance = 1 / classes;
    fit += 10 * right;
    if (right < chance + 3 * Math.sqrt((chance * (1 - chance)) / labels.length)) {
      complaints.push(`the float model is right on ${(100 * right).toFixed(1)} % of the labelled rows, as by chance`);
    }
  }
  return { complaints, fit };
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
