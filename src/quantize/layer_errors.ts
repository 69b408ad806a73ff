/** How far each layer of a quantised model is from the float model: what the layer adds itself, and what has added up. */
import { addRow, type Comparison, EMPTY_COMPARISON, metrics, snr } from "../compare/metrics.js";
import { type Graph, STORED_BOUNDS } from "../graph/ir.js";
import type { Program, ProgramTensor } from "../graph/program.js";
import { type HostRows, hostRows } from "../host/run.js";
import { realValues, storedValues } from "../host/values.js";
import { lower } from "../lower/lower.js";
import type { Samples } from "./samples.js";

export interface LayerError {
  readonly node: string;
  readonly operator: string;
  /** The value that the layer computes. */
  readonly value: string;
  /** dB against the float model, with the layer's inputs as the quantised model has them; Infinity: equal. */
  readonly accumulated: number;
  /** dB with the inputs that the float model has, rounded as they are stored: the layer alone. */
  readonly isolated: number;
  /** Cosine between the values of both models, accumulated; null for a layer of zeros. */
  readonly cosine: number | null;
  /** Share of the elements at the lowest or highest stored value where the float value lies beyond it, 0..1. */
  readonly saturated: number;
}

/** @param graph quantised; its float form is what `samples` were taken of */
export function layerErrors(graph: Graph, samples: Samples): LayerError[] {
  const program = lower(graph, { precision: "int8", io: "int8" });
  const whole = startRows(program, samples);
  const alone = startRows(program, samples);
  const found: LayerError[] = [];
  for (const step of program.steps) {
    whole.run(step, program);
    alone.run(step, program);
    for (const id of step.outputs) {
      const tensor = program.tensors[id];
      const real = samples.values(tensor.name);
      if (!real || real[0].length !== whole.buffers(id)[0].length) continue;
      const accumulated = compare(tensor, whole, real);
      const isolated = compare(tensor, alone, real);
      const { node, operator } = step;
      found.push({
        ...{ node, operator, value: tensor.name, accumulated: snr(accumulated), isolated: snr(isolated) },
        cosine: metrics(accumulated).cos,
        saturated: saturatedShare(tensor, real),
      });
      restore(tensor, alone, real);
    }
  }
  return found;
}

/** All rows of an int8 program with their inputs in place. */
export function startRows(program: Program, samples: Samples): HostRows {
  const rows = hostRows(program, samples.rows);
  program.inputs.forEach((id, k) => {
    rows.buffers(id).forEach((buffer, row) => {
      (buffer as Int8Array).set(storedValues(program.tensors[id], samples.inputs[row][k]) as Int8Array);
    });
  });
  return rows;
}

function compare(tensor: ProgramTensor, rows: HostRows, real: readonly Float32Array[]): Comparison {
  return rows
    .buffers(tensor.id)
    .reduce((sum, buffer, row) => addRow(sum, realValues(tensor, buffer), real[row]), EMPTY_COMPARISON);
}

/** Gives a tensor the values of the float model. */
function restore(tensor: ProgramTensor, rows: HostRows, real: readonly Float32Array[]): void {
  rows.buffers(tensor.id).forEach((buffer, row) => {
    (buffer as Int8Array).set(storedValues(tensor, real[row]) as Int8Array);
  });
}

function saturatedShare({ scale, zeroPoint = 0, type }: ProgramTensor, real: readonly Float32Array[]): number {
  if (scale === undefined || (type !== "int8" && type !== "int16")) return 0;
  const [least, greatest] = STORED_BOUNDS[type];
  const low = (least - 0.5 - zeroPoint) * scale;
  const high = (greatest + 0.5 - zeroPoint) * scale;
  let beyond = 0;
  let all = 0;
  for (const row of real) {
    all += row.length;
    for (let i = 0; i < row.length; i++) if (row[i] < low || row[i] > high) beyond++;
  }
  return all === 0 ? 0 : beyond / all;
}
