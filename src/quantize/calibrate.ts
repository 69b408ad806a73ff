/** Calibration: the float program runs on the user's rows while observers watch every value. */
import { UserError } from "../errors.js";
import type { Graph, TypedArray } from "../graph/ir.js";
import { hostProgram } from "../host/run.js";
import { lower } from "../lower/lower.js";
import { createObserver, type Observer, type ObserverKind, type Range } from "./observers.js";

/** Calibration rows: row(i) gives one array per graph input. */
export interface Rows {
  readonly rows: number;
  row(index: number): readonly Float32Array[];
}

/** @param onRow called after each row with the number done */
export function calibrate(
  graph: Graph,
  data: Rows,
  kind: ObserverKind,
  onRow?: (done: number) => void,
): Map<string, Range> {
  const program = lower(graph, { precision: "float32", io: "float32" });
  const host = hostProgram(program);
  const watched = program.tensors.filter((tensor) => tensor.name !== "" && tensor.constant === undefined);
  const observers = new Map<string, Observer>(watched.map((tensor) => [tensor.name, createObserver(kind)]));
  for (let i = 0; i < data.rows; i++) {
    const row: readonly TypedArray[] = data.row(i);
    program.inputs.forEach((id, k) => {
      (host.buffer(id) as Float32Array).set(row[k] as Float32Array);
    });
    host.run();
    for (const tensor of watched) {
      observers.get(tensor.name)!.observe(host.buffer(tensor.id) as Float32Array);
    }
    onRow?.(i + 1);
  }
  const ranges = new Map<string, Range>();
  for (const [name, observer] of observers) {
    const range = observer.range();
    if (!Number.isFinite(range.min) || !Number.isFinite(range.max)) {
      throw new UserError(
        "E_DATA_NOT_FINITE",
        `value "${name}" became infinite or NaN on the calibration rows; check their scale against what the model expects`,
        name,
      );
    }
    ranges.set(name, range);
  }
  return ranges;
}
