/** What a float model computes on a few rows: what its quantised form is measured and corrected against. */
import type { Graph } from "../graph/ir.js";
import type { Rows } from "./calibrate.js";
import { floatRun } from "./float_run.js";

export interface Samples {
  readonly rows: number;
  /** The inputs of each row. */
  readonly inputs: readonly (readonly Float32Array[])[];
  /** Real values of a computed value or an input, one array per row; undefined for what is not float32. */
  values(name: string): readonly Float32Array[] | undefined;
}

/** Which of `total` rows are taken: at most `most`, spread evenly. */
export function spread(total: number, most: number): number[] {
  const count = Math.min(total, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * total) / count));
}

/** @param rows which rows of `data`; all values of all of them are kept */
export function sampleValues(graph: Graph, data: Rows, rows: readonly number[]): Samples {
  const float = floatRun(graph);
  const kept = new Map<string, Float32Array[]>(float.values.map(({ name }) => [name, []]));
  const inputs = rows.map((row) => data.row(row));
  for (const row of inputs) {
    float.run(row);
    for (const { name, buffer } of float.values) kept.get(name)!.push(buffer.slice());
  }
  return { rows: rows.length, inputs, values: (name) => kept.get(name) };
}
