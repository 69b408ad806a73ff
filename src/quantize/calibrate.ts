/** Calibration: the float program runs on the user's rows while observers watch every value. */
import { UserError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { floatRun } from "./float_run.js";
import { type Histogram, histogramBuilder, merged } from "./histogram.js";
import { isMeasurable } from "./observers.js";

/** Calibration rows: row(i) gives one array per graph input. */
export interface Rows {
  readonly rows: number;
  row(index: number): readonly Float32Array[];
}

/** What calibration saw of one value. */
export interface Seen {
  readonly all: Histogram;
  /** Of the first half of the rows, and of the rest. */
  readonly halves: readonly [Histogram, Histogram];
}

/** By value name. */
export type Calibration = ReadonlyMap<string, Seen>;

/** Values that a constant mask (of an attention: -infinity, or as good as it) may put out of the range of 8 bits. */
function valuesBehindMasks(graph: Graph): Set<string> {
  const found = new Set<string>();
  for (const { name, data } of graph.tensors.values()) {
    if (data instanceof Float32Array && !data.every(isMeasurable)) found.add(name);
  }
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => found.has(name))) for (const name of node.outputs) found.add(name);
  }
  return found;
}

/** Outputs of nodes that nobody reads are computed too: the sequence of hidden states where only the last one is used. */
function withAllOutputs(graph: Graph): Graph {
  const read = new Set([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  const others = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => !read.has(name));
  return { ...graph, outputs: [...graph.outputs, ...others] };
}

/**
 * What every computed value and input was, for all rows; nothing for a value that a mask made (as good as) infinite. Memory
 * does not grow with the number of rows.
 * @param onRow called after each row with the number done
 * @throws UserError E_DATA_NOT_FINITE
 */
export function calibrate(graph: Graph, data: Rows, onRow?: (done: number) => void): Calibration {
  const float = floatRun(withAllOutputs(graph));
  const builders = new Map(float.values.map(({ name }) => [name, [histogramBuilder(), histogramBuilder()] as const]));
  const half = Math.ceil(data.rows / 2);
  const masked = valuesBehindMasks(graph);
  // Behind a mask and infinite, or as good as it: no scale could hold what is beside it.
  const unmeasured = new Set<string>();
  for (let i = 0; i < data.rows; i++) {
    float.run(data.row(i));
    for (const { name, buffer } of float.values) {
      if (masked.has(name) && !buffer.every(isMeasurable)) unmeasured.add(name);
      builders.get(name)![i < half ? 0 : 1].observe(buffer);
    }
    onRow?.(i + 1);
  }
  const seen = new Map<string, Seen>();
  for (const [name, [first, second]] of builders) {
    if (unmeasured.has(name)) continue;
    const halves = [first.histogram(), second.histogram()] as const;
    const all = merged(...halves);
    if (all.min > all.max && all.invalid > 0) {
      throw new UserError(
        "E_DATA_NOT_FINITE",
        `value "${name}" became infinite or NaN on the calibration rows; check their scale against what the model expects`,
        name,
      );
    }
    seen.set(name, { all, halves });
  }
  return seen;
}
