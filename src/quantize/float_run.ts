/** The float form of a graph on the host: what calibration, statistics and samples watch while rows run. */
import { fromNumbers, type Graph } from "../graph/ir.js";
import { hostProgram } from "../host/run.js";
import { lower } from "../lower/lower.js";

export interface FloatRun {
  /** The float32 inputs and computed values; each row that runs overwrites the buffers. */
  readonly values: readonly { readonly name: string; readonly buffer: Float32Array }[];
  /** @param row one array per input */
  run(row: readonly Float32Array[]): void;
}

export function floatRun(graph: Graph): FloatRun {
  const program = lower(graph, { precision: "float32", io: "float32" });
  const host = hostProgram(program);
  return {
    values: program.tensors
      .filter(({ name, constant, type }) => name !== "" && constant === undefined && type === "float32")
      .map(({ id, name }) => ({ name, buffer: host.buffer(id) as Float32Array })),
    run(row) {
      program.inputs.forEach((id, k) => {
        const { type } = program.tensors[id];
        const values = type === "float32" ? row[k] : fromNumbers(type, row[k]);
        (host.buffer(id) as Float32Array).set(values as Float32Array);
      });
      host.run();
    },
  };
}
