/** What quantising a model costs, on all rows of its data: ours plain and corrected, and onnxruntime's own QDQ model. */
import { join } from "node:path";
import { addRow, type Comparison, EMPTY_COMPARISON, snr, topClass } from "../compare/metrics.js";
import { canonicalGraph, quantise, read } from "../compile.js";
import { loadData } from "../data/load.js";
import { classLabels, inputRows, type Rows } from "../data/rows.js";
import { UserError } from "../errors.js";
import { fedInputs } from "../graph/ir.js";
import { floatOutputs, int8Outputs } from "../quantize/first_output.js";
import { type QuantiseOptions, RECOMMENDED } from "../quantize/quantise.js";

/** Against the float model. */
export interface Loss {
  /** dB of the first output over its error; Infinity: equal. */
  readonly snr: number;
  /** Share of the rows with the same top class, 0..1. */
  readonly agreement: number;
  /** Share of the rows whose top class is the label; null without labels. */
  readonly accuracy: number | null;
  /** Two-sided p of McNemar's exact test that it is right as often as the float model; null without labels. */
  readonly mcNemar: number | null;
}

export interface ModelAccuracy {
  readonly model: string;
  readonly rows: number;
  readonly float: number | null;
  readonly onnxruntime: Loss;
  /** What other tools make of the same model and data, by name; see scripts/baselines.py. */
  readonly others: ReadonlyMap<string, Loss>;
  readonly plain: Loss;
  readonly corrected: Loss;
  /** Of quantising with corrections. */
  readonly seconds: number;
}

const CORRECTED: QuantiseOptions = { observer: { kind: "best" }, corrections: RECOMMENDED };

/**
 * undefined for a model that cannot be calibrated: its inputs are integers.
 * @param baselines .npz with the outputs of other tools for all rows, an array per tool
 */
export async function measureAccuracy(
  folder: string,
  model: string,
  baselines?: string,
): Promise<ModelAccuracy | undefined> {
  const graph = canonicalGraph(read(join(folder, "model.onnx")));
  const file = loadData(join(folder, "data.npz"));
  const inputs = fedInputs(graph).map((name) => graph.tensors.get(name)!);
  const data = inputRows(file, "inputs", inputs);
  const labels = classLabels(file);
  const calibration = () => inputRows(file, "calibration", inputs);
  const rows = Array.from({ length: data.rows }, (_, i) => data.row(i));
  const outputs = floatOutputs(graph, rows);
  const float = { outputs, right: rightRows(outputs, labels) };
  const begin = process.cpuUsage().user;
  try {
    const corrected = quantise(graph, { calibration, ...CORRECTED }).graph;
    const seconds = (process.cpuUsage().user - begin) / 1e6;
    return {
      ...{ model, rows: data.rows, float: float.right && share(float.right) },
      onnxruntime: loss(await onnxruntimeOutputs(join(folder, "model.qdq.onnx"), inputs[0].shape, data), float, labels),
      others: new Map(
        (baselines ? otherOutputs(baselines) : []).map(([name, given]) => [name, loss(given, float, labels)] as const),
      ),
      plain: loss(int8Outputs(quantise(graph, { calibration }).graph, rows), float, labels),
      corrected: loss(int8Outputs(corrected, rows), float, labels),
      seconds,
    };
  } catch (error) {
    if (error instanceof UserError && error.code === "E_USAGE") return undefined;
    throw error;
  }
}

/** Without its graph optimisations, whose int8 kernels saturate on CPUs without VNNI. */
async function onnxruntimeOutputs(path: string, shape: readonly number[], data: Rows): Promise<Float32Array[]> {
  const { default: ort } = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(path, { graphOptimizationLevel: "disabled" });
  const outputs: Float32Array[] = [];
  for (let i = 0; i < data.rows; i++) {
    const feed = new ort.Tensor("float32", data.row(i)[0].slice(), shape);
    const results = await session.run({ [session.inputNames[0]]: feed });
    outputs.push(Float32Array.from(results[session.outputNames[0]].data as Float32Array));
  }
  return outputs;
}

/** Outputs of all rows by tool. */
function otherOutputs(path: string): (readonly [string, Float32Array[]])[] {
  const file = loadData(path);
  return file.names.flatMap((name) => {
    const found = file.array(name);
    return found ? [[name, Array.from({ length: found.shape[0] }, (_, row) => found.row(row))] as const] : [];
  });
}

const share = (flags: readonly boolean[]) => flags.filter((flag) => flag).length / flags.length;

/** Whether the top class of each row is its label; null without labels. */
const rightRows = (outputs: readonly Float32Array[], labels: Int32Array | null): boolean[] | null =>
  labels && outputs.map((row, i) => topClass(row) === labels[i]);

interface FloatOutputs {
  readonly outputs: readonly Float32Array[];
  readonly right: readonly boolean[] | null;
}

function loss(outputs: readonly Float32Array[], float: FloatOutputs, labels: Int32Array | null): Loss {
  const sum = outputs.reduce<Comparison>((all, row, i) => addRow(all, row, float.outputs[i]), EMPTY_COMPARISON);
  const right = rightRows(outputs, labels);
  return {
    ...{ snr: snr(sum), agreement: sum.sameClass / sum.rows },
    accuracy: right && share(right),
    mcNemar: right && float.right && mcNemar(right, float.right),
  };
}

/** McNemar's exact test (binomial, two-sided): 1 where the two differ equally often either way. */
export function mcNemar(a: readonly boolean[], b: readonly boolean[]): number {
  const only = (x: readonly boolean[], y: readonly boolean[]) => x.filter((flag, i) => flag && !y[i]).length;
  const [first, second] = [only(a, b), only(b, a)];
  const n = first + second;
  let term = 0.5 ** n;
  let sum = term;
  for (let k = 1; k <= Math.min(first, second); k++) {
    term *= (n - k + 1) / k;
    sum += term;
  }
  return Math.min(1, 2 * sum);
}
