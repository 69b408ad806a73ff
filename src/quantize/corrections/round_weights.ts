/**
 * Rounds the weights of each layer so that its outputs, not its weights, stay near the float model's: layer by layer,
 * with the inputs that the int8 layers before it really give. Errors of one weight are made up for by the weights that
 * are rounded after it (OBQ: Frantar and Alistarh, "Optimal Brain Compression", 2022; in the order and form of GPTQ,
 * Frantar et al., 2022), after least squares have moved the weights to where they undo what the rounded inputs add
 * up to; the bias takes over the mean of what is left (Nagel et al., 2019, empirical bias correction).
 *
 * Rows of one class say nothing about what tells the others apart: then layers that see a whole row at once stay as they are.
 */

import { topClass } from "../../compare/metrics.js";
import type { Graph, Node, Tensor } from "../../graph/ir.js";
import type { Program } from "../../graph/program.js";
import type { HostRows } from "../../host/run.js";
import { realValues } from "../../host/values.js";
import { lower } from "../../lower/lower.js";
import { clampFloat } from "../../ops/clamp.js";
import { classCount } from "../first_output.js";
import { startRows } from "../layer_errors.js";
import type { Samples } from "../samples.js";
import { largestWeight } from "../scales.js";
import { improveLayer } from "./improve_layer.js";
import { layerForm } from "./layer_inputs.js";

export interface RoundedLayer {
  readonly node: string;
  /** Error of the layer's outputs on rows that were not used to choose, before / after, in dB; 0 where nothing was better. */
  readonly gain: number;
  /** What was better: the bias alone, or the weights too. */
  readonly kept: "nothing" | "bias" | "weights";
}

export interface RoundingOptions {
  /** Round the weights too; otherwise biases alone are corrected. Default true. */
  readonly weights?: boolean;
  /** Called with the number of steps done and their total. */
  readonly onLayer?: (done: number, total: number) => void;
}

/**
 * @param graph quantised
 * @param float the graph that it was quantised from
 */
export function roundWeights(
  graph: Graph,
  float: Graph,
  samples: Samples,
  { weights: withWeights = true, onLayer }: RoundingOptions = {},
): { graph: Graph; layers: RoundedLayer[] } {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const floatNodes = new Map(float.nodes.map((node) => [node.name, node]));
  let current = graph;
  let program = lower(current, { precision: "int8", io: "int8" });
  const rows = startRows(program, samples);
  const layers: RoundedLayer[] = [];
  const oneClass = showsOneClass(float, samples);
  program.steps.forEach((_, index) => {
    const step = program.steps[index];
    const node = nodes.get(step.node);
    const original = floatNodes.get(step.node);
    const weights = node && current.tensors.get(node.inputs[1] ?? "");
    if (node && original && weights?.quantization && weights.data && step.macs > 0) {
      const found = roundLayer({
        graph: current,
        float,
        node,
        original,
        program,
        rows,
        samples,
        withWeights,
        oneClass,
      });
      if (found) {
        layers.push(found.layer);
        if (found.layer.kept !== "nothing") {
          current = { ...current, tensors: new Map([...current.tensors, ...found.constants]) };
          program = lower(current, { precision: "int8", io: "int8" });
        }
      }
    }
    rows.run(program.steps[index], program);
    onLayer?.(index + 1, program.steps.length);
  });
  return { graph: current, layers };
}

/** Whether the float model, a classifier, gives all rows the same class. */
function showsOneClass(float: Graph, samples: Samples): boolean {
  const outputs = classCount(float) === undefined ? undefined : samples.values(float.outputs[0]);
  return outputs !== undefined && outputs.length > 1 && new Set(outputs.map(topClass)).size === 1;
}

interface LayerCase {
  readonly graph: Graph;
  readonly float: Graph;
  readonly node: Node;
  readonly original: Node;
  readonly program: Program;
  readonly rows: HostRows;
  readonly samples: Samples;
  readonly withWeights: boolean;
  readonly oneClass: boolean;
}

function roundLayer({ graph, float, node, original, program, rows, samples, withWeights, oneClass }: LayerCase) {
  const tensorOf = (name: string) => graph.tensors.get(name)!;
  const [input, weightsName, biasName] = node.inputs;
  const weights = tensorOf(weightsName);
  const bias = biasName ? tensorOf(biasName) : undefined;
  const form = layerForm(node, tensorOf(input).shape, weights.shape, tensorOf(node.outputs[0]).shape);
  const stored = program.tensors.find(({ name, type }) => name === input && (type === "int8" || type === "int16"));
  const exact = samples.values(input);
  if (!form || (oneClass && form.positions === 1) || !stored || !exact || bias?.quantization?.type !== "int32")
    return undefined;
  const clamp = clampFloat(node);
  const real = (i: number) => float.tensors.get(original.inputs[i])!.data as Float32Array;
  const improved = improveLayer({
    ...{ form, withWeights },
    ...{ weights: real(1), bias: real(2) },
    most: largestWeight(weights.quantization!.bits ?? 8),
    ...{ stored: weights.data as Int8Array, scale: channelScales(weights, form.groups * form.outputs) },
    storedBias: bias.data as Int32Array,
    biasScale: bias.quantization.scale,
    ...{ min: clamp.out_min, max: clamp.out_max },
    exact,
    rounded: rows.buffers(stored.id).map((buffer) => realValues(stored, buffer)),
  });
  const constants: [string, Tensor][] = [
    [weightsName, { ...weights, data: improved.stored }],
    [biasName, { ...bias, data: improved.storedBias }],
  ];
  return { layer: { node: node.name, gain: improved.gain, kept: improved.kept }, constants };
}

function channelScales({ quantization }: Tensor, channels: number): readonly number[] {
  const { scale } = quantization!;
  return scale.length === 1 ? new Array<number>(channels).fill(scale[0]) : scale;
}
