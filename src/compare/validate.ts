/** Compares a running firmware with the host reference, row by row, and both with the float model. */
import type { Device } from "../device/device.js";
import { UserError } from "../errors.js";
import { elementCount, fromNumbers, newArray, type TypedArray } from "../graph/ir.js";
import type { Program, ProgramTensor } from "../graph/program.js";
import { hostProgram, runRow } from "../host/run.js";
import { roundHalfEven } from "../numerics/requantize.js";
import type { Project } from "../project/open.js";
import { addRow, type Comparison, EMPTY_COMPARISON, type Metrics, metrics, topClass } from "./metrics.js";

export interface Rows {
  readonly rows: number;
  readonly row: (index: number) => readonly Float32Array[];
}

export interface Divergence {
  readonly row: number;
  readonly layer: number;
  readonly node: string;
  readonly operator: string;
  /** Element of the layer's output, and its stored value on either side. */
  readonly index: number;
  readonly host: number;
  readonly target: number;
}

export interface OutputComparison {
  readonly equal: boolean;
  /** Bytes that differ, over all rows. */
  readonly mismatches: number;
  /** Largest difference of real values. */
  readonly maxAbsDiff: number;
}

export interface Validation {
  readonly rows: number;
  /** Per output. */
  readonly firmwareVsHost: readonly OutputComparison[];
  /** Per output; null for a model that came quantised. */
  readonly vsFloat: readonly Metrics[] | null;
  /** Top-1 of the first output against labels, 0..1; null without labels. */
  readonly accuracy: { readonly float: number | null; readonly host: number | null; readonly target: number | null };
  /** The first layer that differs, in the first row that does; null when none, undefined when not asked for. */
  readonly firstDivergence?: Divergence | null;
  /** Nodes inside cascades, whose outputs are never there as a whole; undefined when layers were not asked for. */
  readonly insideCascades?: readonly string[];
  readonly stackBytes: number;
}

const bytesOf = (data: TypedArray) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Stored bytes as the tensor's elements. */
function elementsOf(tensor: ProgramTensor, bytes: Uint8Array): TypedArray {
  const data = newArray(tensor.type, elementCount(tensor.shape));
  bytesOf(data).set(bytes.subarray(0, data.byteLength));
  return data;
}

/** Real values of stored elements. */
export function realValues(tensor: ProgramTensor, data: TypedArray): Float32Array {
  const { scale, zeroPoint = 0 } = tensor;
  if (scale === undefined) return Float32Array.from(data as ArrayLike<number | bigint>, Number);
  return Float32Array.from(data as Int8Array, (q) => (q - zeroPoint) * scale);
}

/** Elements as the input stores them: quantised half to even for an input with a scale. */
export function storedValues(tensor: ProgramTensor, real: Float32Array): TypedArray {
  const { scale, zeroPoint = 0 } = tensor;
  if (scale === undefined) return fromNumbers(tensor.type, real);
  const [low, high] = tensor.type === "uint8" ? [0, 255] : [-128, 127];
  const stored = newArray(tensor.type, real.length) as Int8Array;
  real.forEach((x, i) => {
    stored[i] = Math.max(low, Math.min(high, roundHalfEven(Math.fround(x / Math.fround(scale))) + zeroPoint));
  });
  return stored;
}

function differences(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

function maxDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** Where the layer outputs of one run differ from the host's, or null. */
function divergence(
  project: Project,
  row: number,
  expected: readonly TypedArray[],
  layers: readonly Uint8Array[],
): Divergence | null {
  const { program, plan } = project;
  for (const [layer, stepIndex] of plan.steps.entries()) {
    const step = program.steps[stepIndex];
    const tensor = program.tensors[step.outputs[0]];
    const wanted = bytesOf(expected[layer]);
    if (layers[layer]?.length !== wanted.length) {
      throw new UserError("E_LINK", `the output of layer ${layer} came incomplete; run validate again`);
    }
    const actual = elementsOf(tensor, layers[layer]);
    if (differences(bytesOf(actual), wanted) === 0) continue;
    const host = expected[layer];
    const index = Array.from(host as Float32Array).findIndex((value, i) => !Object.is(value, Number(actual[i])));
    return {
      row,
      layer,
      node: step.node,
      operator: step.operator,
      index,
      host: Number(host[index]),
      target: Number(actual[index]),
    };
  }
  return null;
}

export interface ValidateOptions {
  readonly limit?: number;
  readonly labels?: Int32Array | null;
  /** Compare every layer's output. */
  readonly perLayer?: boolean;
  readonly onRow?: (done: number, rows: number) => void;
}

/** @param data rows in the layout of the firmware's inputs, real values */
export async function validateDevice(
  project: Project,
  device: Device,
  data: Rows,
  options: ValidateOptions = {},
): Promise<Validation> {
  const { program, plan, float } = project;
  const { labels = null, perLayer = false } = options;
  const count = Math.min(data.rows, options.limit ?? data.rows);
  const ordered = inPlanOrder(project);
  const host = hostProgram(ordered);
  const reference = float && hostProgram(float);
  const outputs = program.outputs.map((id) => program.tensors[id]);
  const compared = outputs.map(() => ({ mismatches: 0, maxAbsDiff: 0 }));
  const sums: Comparison[] = outputs.map(() => EMPTY_COMPARISON);
  const hits = { float: 0, host: 0, target: 0 };
  let stackBytes = 0;
  let first: Divergence | null = null;
  for (let row = 0; row < count; row++) {
    const real = data.row(row);
    const stored = program.inputs.map((id, i) => storedValues(program.tensors[id], real[i]));
    const layers: TypedArray[] = [];
    const expected = runRow(host, ordered, stored, (_step, _index, written) => {
      if (perLayer) layers.push(written[0].slice() as TypedArray);
    });
    const pauses = perLayer ? plan.steps.map((_, layer) => layer) : [];
    const result = await device.run(stored.map(bytesOf), { pauses, read: true });
    stackBytes = Math.max(stackBytes, result.stackBytes);
    const floatOutputs = reference && runRow(reference, float, real);
    outputs.forEach((tensor, i) => {
      const actual = elementsOf(tensor, result.outputs[i]);
      const realTarget = realValues(tensor, actual);
      const realHost = realValues(tensor, expected[i]);
      compared[i].mismatches += differences(bytesOf(actual), bytesOf(expected[i]));
      compared[i].maxAbsDiff = Math.max(compared[i].maxAbsDiff, maxDifference(realTarget, realHost));
      if (floatOutputs) sums[i] = addRow(sums[i], realTarget, floatOutputs[i] as Float32Array);
      if (i > 0 || !labels) return;
      if (floatOutputs && topClass(floatOutputs[0] as Float32Array) === labels[row]) hits.float++;
      if (topClass(realHost) === labels[row]) hits.host++;
      if (topClass(realTarget) === labels[row]) hits.target++;
    });
    if (perLayer && !first)
      first = divergence(
        project,
        row,
        layers,
        result.layers.map(({ bytes }) => bytes),
      );
    options.onRow?.(row + 1, count);
  }
  const share = (n: number) => (labels ? n / count : null);
  return {
    rows: count,
    firmwareVsHost: compared.map((c) => ({ equal: c.mismatches === 0, ...c })),
    vsFloat: float ? sums.map(metrics) : null,
    accuracy: { float: float ? share(hits.float) : null, host: share(hits.host), target: share(hits.target) },
    ...(perLayer && { firstDivergence: first, insideCascades: nodesInsideCascades(program) }),
    stackBytes,
  };
}

function nodesInsideCascades({ steps }: Program): string[] {
  return steps.flatMap(({ cascade }) =>
    (cascade?.stages ?? []).flatMap(({ step, lines }) => (lines ? [step.node] : [])),
  );
}

/** The program with its steps in the order in which the firmware runs them. */
function inPlanOrder({ program, plan }: Project): Program {
  return { ...program, steps: plan.steps.map((index) => program.steps[index]) };
}
