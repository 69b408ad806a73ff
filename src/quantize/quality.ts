/** How well a quantised model does, as one number over many rows: what a search may trade for flash, cycles or RAM. */
import { accuracy, addRow, type Comparison, EMPTY_COMPARISON, snr } from "../compare/metrics.js";
import type { Graph } from "../graph/ir.js";
import type { Rows } from "./calibrate.js";
import { floatOutputs, int8Outputs } from "./first_output.js";
import { spread } from "./samples.js";

/** The first output of every row. */
export type Outputs = readonly Float32Array[];

export interface Quality {
  /** accuracy, agreement, snr, or the file of a function of the user's. */
  readonly name: string;
  /** Of its differences: percentage points, dB, or none. */
  readonly unit: string;
  /** Larger is better. @param float what the float model gives for the same rows */
  measure(outputs: Outputs, float: Outputs, labels: Int32Array | null): number;
  /** The int8 model is what losses are counted from, because the float model would be infinitely good. */
  readonly fromInt8: boolean;
}

const compared = (outputs: Outputs, float: Outputs): Comparison =>
  outputs.reduce((sum, row, i) => addRow(sum, row, float[i]), EMPTY_COMPARISON);

export const QUALITIES = {
  /** Percentage of the rows whose top class is their label. */
  accuracy: {
    ...{ name: "accuracy", unit: "points", fromInt8: false },
    measure: (outputs, _float, labels) => (labels ? 100 * accuracy(outputs, labels) : 0),
  },
  /** Percentage of the rows with the top class of the float model. */
  agreement: {
    ...{ name: "agreement", unit: "points", fromInt8: false },
    measure(outputs, float) {
      const { sameClass, rows } = compared(outputs, float);
      return (100 * sameClass) / rows;
    },
  },
  /** dB of the output over its error. */
  snr: {
    ...{ name: "snr", unit: "dB", fromInt8: true },
    measure: (outputs, float) => snr(compared(outputs, float)),
  },
} as const satisfies Record<string, Quality>;

/** What a model is judged by where nobody says: its labels, its classes where it has a Softmax at the end, else dB. */
export function defaultQuality(graph: Graph, labels: Int32Array | null): Quality {
  if (labels) return QUALITIES.accuracy;
  const last = graph.nodes.find(({ outputs }) => outputs.includes(graph.outputs[0]));
  return /Softmax$/.test(last?.operator ?? "") ? QUALITIES.agreement : QUALITIES.snr;
}

/** Rows that a model is judged on. */
export interface Judged {
  readonly rows: Rows;
  readonly indices: readonly number[];
  readonly labels: Int32Array | null;
}

/** At most `most` rows, spread evenly. */
export function judgedRows(rows: Rows, labels: Int32Array | null, most: number): Judged {
  const indices = spread(rows.rows, most);
  return { rows, indices, labels: labels && Int32Array.from(indices, (i) => labels[i]) };
}

/** The first output for every row that is judged. @param graph float, or quantised for precision int8 */
export function outputsOf(graph: Graph, precision: "int8" | "float32", { rows, indices }: Judged): Float32Array[] {
  const run = precision === "int8" ? int8Outputs : floatOutputs;
  return run(
    graph,
    indices.map((index) => rows.row(index)),
  );
}
