/**
 * Analytic bias correction (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section
 * 4.2): weights that are rounded by e shift the mean of a layer's output by e E[x], and the bias takes that back. E[x] comes
 * from a model of the values: what a clamp made is a clipped normal distribution, whose mean and deviation are those of the values
 * before the clamp. The paper takes them from BatchNormalization, which is folded into the weights here: they are measured on
 * all calibration rows. Of values that no clamp made, the mean itself is measured.
 *
 * Beside the empirical correction (round_weights.ts): no int8 layer runs, so that errors of the layers before are not made up for.
 */
import type { Graph, Node, Tensor } from "../../graph/ir.js";
import { unusedName } from "../../graph/names.js";
import { erfF32 } from "../../numerics/float_log.js";
import { roundHalfEven } from "../../numerics/requantize.js";
import type { Rows } from "../calibrate.js";
import { clampOf } from "./channel_flow.js";
import { channelStatistics } from "./channel_statistics.js";
import { type LayerForm, layerForm } from "./layer_inputs.js";

/** E[x] of each channel, along the last axis of a value, by the name of the value. */
export type ExpectedValues = ReadonlyMap<string, Float64Array>;

export interface AnalyticallyCorrected {
  readonly node: string;
  /** Largest change of a bias, in steps of the layer's output. */
  readonly steps: number;
}

/** Operators with layers of the form of layerForm. */
const CORRECTED: ReadonlySet<string> = new Set(["Conv", "Gemm"]);

/** Density of the standard normal distribution. */
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Share of the standard normal distribution below x. */
const shareBelow = (x: number) => (1 + erfF32(x * Math.SQRT1_2)) / 2;

/**
 * Mean of a normally distributed value that is clamped to [low, high] (appendix C of the paper): with a = (low - mean) / deviation
 * and b = (high - mean) / deviation,
 *
 *   low P(a) + high (1 - P(b)) + mean (P(b) - P(a)) + deviation (p(a) - p(b))
 *
 * where p is the standard normal density and P the share below. Bounds may be infinite.
 */
export function clippedNormalMean(mean: number, deviation: number, low: number, high: number): number {
  if (!(deviation > 0)) return Math.min(high, Math.max(low, mean));
  const below = Number.isFinite(low) ? shareBelow((low - mean) / deviation) : 0;
  const above = Number.isFinite(high) ? 1 - shareBelow((high - mean) / deviation) : 0;
  const atLow = Number.isFinite(low) ? density((low - mean) / deviation) : 0;
  const atHigh = Number.isFinite(high) ? density((high - mean) / deviation) : 0;
  const inside = mean * (1 - below - above) + deviation * (atLow - atHigh);
  return inside + (below > 0 ? low * below : 0) + (above > 0 ? high * above : 0);
}

/**
 * What the inputs of layers with weights are in the mean, in one pass over the rows.
 * @param graph canonical, float
 * @param onRow called after each row with the number done
 */
export function expectedValues(graph: Graph, data: Rows, onRow?: (done: number) => void): ExpectedValues {
  const read = new Set(graph.nodes.filter(({ operator }) => CORRECTED.has(operator)).map(({ inputs }) => inputs[0]));
  const { open, before } = withoutClamps(graph, read);
  const channelsOf = (name: string) => open.tensors.get(name)!.shape.at(-1) ?? 1;
  const watched = [...read].map((name) => before.get(name)?.value ?? name);
  const seen = channelStatistics(open, data, new Map(watched.map((name) => [name, channelsOf(name)])), onRow);
  const expected = new Map<string, Float64Array>();
  for (const name of read) {
    const clamp = before.get(name);
    const statistics = seen.get(clamp?.value ?? name);
    if (!statistics) continue;
    const { mean, power } = statistics;
    const clipped = (m: number, c: number) =>
      clippedNormalMean(m, Math.sqrt(Math.max(0, power[c] - m * m)), clamp!.min, clamp!.max);
    expected.set(name, clamp ? mean.map(clipped) : mean);
  }
  return expected;
}

/** A value before its clamp. */
interface Unclamped {
  readonly value: string;
  readonly min: number;
  readonly max: number;
}

/** The graph with the fused clamps of some values as nodes of their own, and for each of these values what it is before its clamp. */
function withoutClamps(graph: Graph, values: ReadonlySet<string>) {
  const tensors = new Map(graph.tensors);
  const before = new Map<string, Unclamped>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const { min, max } = clampOf(node);
    const [output] = node.outputs;
    if (!values.has(output)) return [node];
    if (node.operator === "Clip") {
      before.set(output, { value: node.inputs[0], min, max });
      return [node];
    }
    if (min === Number.NEGATIVE_INFINITY && max === Number.POSITIVE_INFINITY) return [node];
    const value = unusedName(`${output}_unclamped`, (name) => tensors.has(name));
    tensors.set(value, { ...tensors.get(output)!, name: value });
    before.set(output, { value, min, max });
    const { fused_min: _, fused_max: __, ...attributes } = node.attributes;
    const clip: Node = {
      ...{ name: `${node.name}_clamp`, operator: "Clip", domain: "", inputs: [value], outputs: [output] },
      attributes: { min, max },
    };
    return [{ ...node, attributes, outputs: [value, ...node.outputs.slice(1)] }, clip];
  });
  return { open: { ...graph, nodes, tensors }, before };
}

/**
 * Biases without the mean error of the rounded weights.
 * @param graph quantised
 * @param float the graph that it was quantised from
 */
export function correctBiases(
  graph: Graph,
  float: Graph,
  expected: ExpectedValues,
): { graph: Graph; corrected: AnalyticallyCorrected[] } {
  const originals = new Map(float.nodes.map((node) => [node.name, node]));
  const tensors = new Map(graph.tensors);
  const corrected: AnalyticallyCorrected[] = [];
  for (const node of graph.nodes) {
    const original = originals.get(node.name);
    const mean = expected.get(node.inputs[0]);
    if (!CORRECTED.has(node.operator) || !original || !mean) continue;
    const [weights, bias] = [1, 2].map((i) => tensors.get(node.inputs[i] ?? ""));
    const output = tensors.get(node.outputs[0])!;
    const input = tensors.get(node.inputs[0])!;
    const form = weights && layerForm(node, input.shape, weights.shape, output.shape);
    const scale = output.quantization?.scale[0];
    if (!form || !weights.quantization || bias?.quantization?.type !== "int32" || !scale) continue;
    const real = float.tensors.get(original.inputs[1])!.data as Float32Array;
    const row = Float32Array.from({ length: input.shape.reduce((a, b) => a * b, 1) }, (_, i) => mean[i % mean.length]);
    const shifts = meanErrors(form, real, weights, meanInputs(form, row));
    const { scale: biasScale } = bias.quantization;
    const data = Int32Array.from(bias.data as Int32Array, (stored, o) => {
      const value = roundHalfEven(stored - shifts[o] / biasScale[o]);
      return Math.abs(value) < 2 ** 30 ? value : stored;
    });
    tensors.set(bias.name, { ...bias, data });
    const steps = shifts.reduce((most, shift) => Math.max(most, Math.abs(shift) / scale), 0);
    corrected.push({ node: node.name, steps });
  }
  return { graph: { ...graph, tensors }, corrected };
}

/** The mean over all positions of the input vector of each group, zeros in the padding included. */
function meanInputs(form: LayerForm, row: Float32Array): Float64Array[] {
  const vector = new Float64Array(form.inputs);
  return Array.from({ length: form.groups }, (_, group) => {
    const sum = new Float64Array(form.inputs);
    for (let position = 0; position < form.positions; position++) {
      form.gather(row, position, group, vector);
      for (let k = 0; k < form.inputs; k++) sum[k] += vector[k] / form.positions;
    }
    return sum;
  });
}

/** What the rounding of the weights adds to each output channel in the mean: (stored weights - real ones) E[x]. */
function meanErrors(
  { groups, outputs, inputs }: LayerForm,
  real: Float32Array,
  weights: Tensor,
  means: readonly Float64Array[],
): Float64Array {
  const stored = weights.data as Int8Array;
  const { scale } = weights.quantization!;
  return Float64Array.from({ length: groups * outputs }, (_, channel) => {
    const step = scale.length === 1 ? scale[0] : scale[channel];
    const mean = means[Math.floor(channel / outputs)];
    let sum = 0;
    for (let k = 0; k < inputs; k++) {
      const i = channel * inputs + k;
      sum += (stored[i] * step - real[i]) * mean[k];
    }
    return sum;
  });
}
