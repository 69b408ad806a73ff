/** Compares a running firmware with the host reference, row by row, and both with the float model. */
import type { Device } from "../device/device.js";
import type { TypedArray } from "../graph/ir.js";
import type { Program } from "../graph/program.js";
import { hostProgram, runRow } from "../host/run.js";
import { realValues, storedValues } from "../host/values.js";
import type { Project } from "../project/open.js";
import { type Confusion, countClass, emptyConfusion } from "./confusion.js";
import { bisect, bytesOf, type Divergence, differences, elementsOf, firstDivergence } from "./divergence.js";
import { type Latency, latencyOf } from "./latency.js";
import { addRow, type Comparison, EMPTY_COMPARISON, type Metrics, metrics, snr, topClass } from "./metrics.js";

export interface Rows {
  readonly rows: number;
  readonly row: (index: number) => readonly Float32Array[];
}

export interface OutputComparison {
  readonly equal: boolean;
  /** Bytes that differ, over all rows. */
  readonly mismatches: number;
  /** Largest difference of real values. */
  readonly maxAbsDiff: number;
}

/** A layer in the order of execution. */
export interface LayerResult {
  readonly layer: number;
  readonly node: string;
  readonly operator: string;
  /** Mean time of the board's counter; null without one. */
  readonly seconds: number | null;
  /** dB of the float model's values over the error of the host's, infinite: none; null where there is no float model or no such value. */
  readonly snr: number | null;
}

export interface Validation {
  readonly rows: number;
  /** Per output. */
  readonly firmwareVsHost: readonly OutputComparison[];
  /** Firmware against the float model, per output; null for a model that came quantised. */
  readonly vsFloat: readonly Metrics[] | null;
  readonly hostVsFloat: readonly Metrics[] | null;
  readonly targetVsHost: readonly Metrics[];
  /** Top-1 of the first output against labels, 0..1; null without labels. */
  readonly accuracy: { readonly float: number | null; readonly host: number | null; readonly target: number | null };
  /** Of the firmware's first output; null without labels, and for outputs that are no classes. */
  readonly confusion: Confusion | null;
  /** Null for a board without a counter. */
  readonly latency: Latency | null;
  readonly layers: readonly LayerResult[];
  /** Errors of the first output against the float model, some thousand at most; null for a model that came quantised. */
  readonly errors: readonly number[] | null;
  /** Ticks of the board's counter, row by row; empty without one. */
  readonly ticks: readonly number[];
  /** The first layer that differs, in the first row that does; null when none, undefined when not asked for. */
  readonly firstDivergence?: Divergence | null;
  /** Nodes inside cascades, whose outputs are never there as a whole; undefined when layers were not asked for. */
  readonly insideCascades?: readonly string[];
  readonly stackBytes: number;
}

/** Bytes of all outputs that differ from the host's. */
export const differingBytes = ({ firmwareVsHost }: Validation): number =>
  firmwareVsHost.reduce((sum, { mismatches }) => sum + mismatches, 0);

/** Whether firmware and host agree in every byte that was compared. */
export const agrees = (validation: Validation): boolean =>
  differingBytes(validation) === 0 && !validation.firstDivergence;

export interface ValidateOptions {
  readonly limit?: number;
  readonly labels?: Int32Array | null;
  /** Compare every layer's output. */
  readonly perLayer?: boolean;
  /** Look for the first layer that differs by bisection, in the first row whose outputs do. */
  readonly bisect?: boolean;
  /** How far each layer of the host is from the float model's: takes time. */
  readonly layerErrors?: boolean;
  readonly onRow?: (done: number, rows: number) => void;
  readonly onProbe?: (layer: number) => void;
}

/** Errors that are kept for a histogram. */
const MOST_ERRORS = 20_000;

function maxDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
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
  const none = () => outputs.map(() => EMPTY_COMPARISON);
  const sums = { targetVsFloat: none(), hostVsFloat: none(), targetVsHost: none() };
  const hits = { float: 0, host: 0, target: 0 };
  const layerTicks = plan.steps.map(() => 0);
  const layerSums: Comparison[] = plan.steps.map(() => EMPTY_COMPARISON);
  const ticks: number[] = [];
  const errors: number[] = [];
  let confusion: number[][] | null = null;
  let stackBytes = 0;
  let first: Divergence | null = null;
  const all = plan.steps.map((_, layer) => layer);
  for (let row = 0; row < count; row++) {
    const real = data.row(row);
    const stored = program.inputs.map((id, i) => storedValues(program.tensors[id], real[i]));
    const inputs = stored.map(bytesOf);
    const floatValues = new Map<string, Float32Array>();
    const floatOutputs =
      reference &&
      runRow(reference, float, real, (step, _index, written) => {
        if (!options.layerErrors) return;
        step.outputs.forEach((id, i) => {
          floatValues.set(float.tensors[id].name, written[i].slice() as Float32Array);
        });
      });
    const expectedLayers: TypedArray[] = [];
    const expected = runRow(host, ordered, stored, (step, index, written) => {
      if (perLayer || options.bisect) expectedLayers.push(written[0].slice() as TypedArray);
      const tensor = program.tensors[step.outputs[0]];
      const wanted = floatValues.get(tensor.name);
      if (wanted?.length === written[0].length) {
        layerSums[index] = addRow(layerSums[index], realValues(tensor, written[0]), wanted);
      }
    });
    // One row is enough to see where the time goes.
    const timed = device.info.cycleHz > 0 && row === 0;
    const result = await device.run(inputs, { pauses: perLayer || timed ? all : [], read: perLayer });
    for (const { layer, cycles } of result.layers) layerTicks[layer] += cycles;
    if (device.info.cycleHz > 0) ticks.push(result.cycles);
    stackBytes = Math.max(stackBytes, result.stackBytes);
    let differing = 0;
    outputs.forEach((tensor, i) => {
      const actual = elementsOf(tensor, result.outputs[i]);
      const realTarget = realValues(tensor, actual);
      const realHost = realValues(tensor, expected[i]);
      const mismatches = differences(bytesOf(actual), bytesOf(expected[i]));
      differing += mismatches;
      compared[i].mismatches += mismatches;
      compared[i].maxAbsDiff = Math.max(compared[i].maxAbsDiff, maxDifference(realTarget, realHost));
      sums.targetVsHost[i] = addRow(sums.targetVsHost[i], realTarget, realHost);
      if (floatOutputs) {
        const realFloat = floatOutputs[i] as Float32Array;
        sums.targetVsFloat[i] = addRow(sums.targetVsFloat[i], realTarget, realFloat);
        sums.hostVsFloat[i] = addRow(sums.hostVsFloat[i], realHost, realFloat);
        if (i === 0 && errors.length < MOST_ERRORS) errors.push(...realTarget.map((x, k) => x - realFloat[k]));
      }
      if (i > 0 || !labels) return;
      if (row === 0) confusion = emptyConfusion(realTarget.length, labels);
      if (confusion) countClass(confusion, labels[row], realTarget);
      if (floatOutputs && topClass(floatOutputs[0] as Float32Array) === labels[row]) hits.float++;
      if (topClass(realHost) === labels[row]) hits.host++;
      if (topClass(realTarget) === labels[row]) hits.target++;
    });
    if (perLayer && !first) {
      first = firstDivergence(
        project,
        row,
        expectedLayers,
        result.layers.map(({ bytes }) => bytes),
      );
    } else if (options.bisect && !first && differing > 0) {
      first = await bisect(project, device, row, inputs, expectedLayers, options.onProbe);
    }
    options.onRow?.(row + 1, count);
  }
  const share = (n: number) => (labels ? n / count : null);
  const timedRows = perLayer ? count : 1;
  return {
    rows: count,
    firmwareVsHost: compared.map((c) => ({ equal: c.mismatches === 0, ...c })),
    vsFloat: float ? sums.targetVsFloat.map(metrics) : null,
    hostVsFloat: float ? sums.hostVsFloat.map(metrics) : null,
    targetVsHost: sums.targetVsHost.map(metrics),
    accuracy: { float: float ? share(hits.float) : null, host: share(hits.host), target: share(hits.target) },
    confusion,
    latency: ticks.length > 0 ? latencyOf(ticks, device.info.cycleHz) : null,
    layers: plan.steps.map((index, layer) => {
      const { node, operator } = program.steps[index];
      return {
        ...{ layer, node, operator },
        seconds: ticks.length > 0 ? layerTicks[layer] / timedRows / device.info.cycleHz : null,
        snr: layerSums[layer].rows > 0 ? snr(layerSums[layer]) : null,
      };
    }),
    errors: float ? errors.slice(0, MOST_ERRORS) : null,
    ticks,
    ...((perLayer || options.bisect) && { firstDivergence: first, insideCascades: nodesInsideCascades(program) }),
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
