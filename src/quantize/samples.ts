/** What a float model computes on a few rows: what its quantised form is measured and corrected against. */
import { fromNumbers, type Graph, type TypedArray } from "../graph/ir.js";
import { hostProgram } from "../host/run.js";
import { lower } from "../lower/lower.js";
import type { Rows } from "./calibrate.js";

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
  const program = lower(graph, { precision: "float32", io: "float32" });
  const host = hostProgram(program);
  const watched = program.tensors.filter(
    ({ name, constant, type }) => name !== "" && constant === undefined && type === "float32",
  );
  const kept = new Map<string, Float32Array[]>(watched.map(({ name }) => [name, []]));
  const inputs = rows.map((row) => data.row(row));
  for (const row of inputs) {
    program.inputs.forEach((id, k) => {
      const { type } = program.tensors[id];
      const values: TypedArray = type === "float32" ? row[k] : fromNumbers(type, row[k]);
      (host.buffer(id) as Float32Array).set(values as Float32Array);
    });
    host.run();
    for (const { id, name } of watched) kept.get(name)!.push((host.buffer(id) as Float32Array).slice());
  }
  return { rows: rows.length, inputs, values: (name) => kept.get(name) };
}
