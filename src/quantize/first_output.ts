/** The first output of a graph on given rows, as its float form and as its int8 form compute it. */
import { elementCount, type Graph } from "../graph/ir.js";
import { hostProgram, runRow } from "../host/run.js";
import { realValues, storedValues } from "../host/values.js";
import { lower } from "../lower/lower.js";

/** One array per input. */
type Row = readonly Float32Array[];

/** How many classes the first output chooses among; undefined where it is no such choice, as for an autoencoder. */
export function classCount({ tensors, inputs, outputs }: Graph): number | undefined {
  const { shape, type } = tensors.get(outputs[0])!;
  const count = elementCount(shape);
  if (type !== "float32" || count < 2 || shape.at(-1) !== count) return undefined;
  return inputs.some((name) => elementCount(tensors.get(name)!.shape) === count) ? undefined : count;
}

/** Runs the float form on row after row. @param graph canonical, with float32 inputs */
export function firstOutput(graph: Graph): (row: Row) => Float32Array {
  const program = lower(graph, { precision: "float32", io: "float32" });
  const host = hostProgram(program);
  return (row) => Float32Array.from(runRow(host, program, row)[0] as Float32Array);
}

/** @param graph canonical, with float32 inputs */
export function floatOutputs(graph: Graph, rows: readonly Row[]): Float32Array[] {
  const run = firstOutput(graph);
  return rows.map((row) => run(row));
}

/** @param graph quantised; the outputs are given as reals */
export function int8Outputs(graph: Graph, rows: readonly Row[]): Float32Array[] {
  const program = lower(graph, { precision: "int8", io: "int8" });
  const host = hostProgram(program);
  const output = program.tensors[program.outputs[0]];
  return rows.map((row) => {
    const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], row[k]));
    return realValues(output, runRow(host, program, stored)[0]);
  });
}
