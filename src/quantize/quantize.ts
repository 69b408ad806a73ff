/** Gives every value of a canonical float graph its int8 quantisation: Graph + ranges -> Graph. */
import { invariant } from "../errors.js";
import type { Graph, Node, Quantization, Tensor } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import type { QuantizeRule } from "../ops/operator.js";
import { quantizeData } from "../ops/quantize_linear.js";
import type { Range } from "./observers.js";
import { activationQuantization, biasQuantization, weightQuantization } from "./scales.js";

/** Axis of the weights that counts output channels. */
const WEIGHT_AXIS: Readonly<Record<string, number>> = { Conv: 0, Gemm: 0, ConvTranspose: 1 };

/** Values that must share one scale, by union and find. */
function shareGroups(graph: Graph): (name: string) => string {
  const parent = new Map<string, string>();
  const find = (name: string): string => {
    const up = parent.get(name);
    if (up === undefined || up === name) return name;
    const root = find(up);
    parent.set(name, root);
    return root;
  };
  for (const node of graph.nodes) {
    if (operatorOf(node).quantize !== "shared") continue;
    for (const input of node.inputs) if (input !== "") parent.set(find(input), find(node.outputs[0]));
  }
  return find;
}

interface Group {
  range: Range | undefined;
  /** How the values of the group come about: one entry per value that is no mere copy. */
  readonly sources: QuantizeRule[];
}

function collectGroups(graph: Graph, ranges: ReadonlyMap<string, Range>, rootOf: (name: string) => string) {
  const groups = new Map<string, Group>();
  const add = (name: string, range: Range | undefined, source: QuantizeRule | undefined) => {
    const root = rootOf(name);
    const group = groups.get(root) ?? { range: undefined, sources: [] };
    groups.set(root, group);
    if (range) {
      group.range = group.range
        ? { min: Math.min(group.range.min, range.min), max: Math.max(group.range.max, range.max) }
        : range;
    }
    if (source) group.sources.push(source);
  };
  for (const name of graph.inputs) add(name, ranges.get(name), "free");
  for (const node of graph.nodes) {
    const rule = operatorOf(node).quantize ?? "free";
    add(node.outputs[0], ranges.get(node.outputs[0]), rule === "shared" ? undefined : rule);
    if (rule !== "shared") continue;
    for (const name of node.inputs) {
      const tensor = graph.tensors.get(name);
      if (tensor?.data) add(name, rangeOf(tensor), "free");
    }
    if (node.operator === "Pad") {
      const value = node.attributes.value as number;
      add(node.outputs[0], { min: value, max: value }, undefined);
    }
  }
  return groups;
}

function rangeOf(tensor: Tensor): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of tensor.data as Float32Array) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}

function groupQuantization(group: Group): Quantization {
  const [only, ...others] = group.sources;
  if (typeof only === "object" && others.length === 0) {
    return { type: "int8", scale: [only.scale], zeroPoint: [only.zeroPoint] };
  }
  invariant(group.range, "a value was not observed");
  return activationQuantization(group.range);
}

/**
 * @param graph canonical, float
 * @param ranges by value name, for every computed value and input
 */
export function quantizeGraph(graph: Graph, ranges: ReadonlyMap<string, Range>): Graph {
  const rootOf = shareGroups(graph);
  const groups = collectGroups(graph, ranges, rootOf);
  const tensors = new Map(graph.tensors);
  const chosen = new Map<string, Quantization>();
  for (const [root, group] of groups) chosen.set(root, groupQuantization(group));
  for (const [name, tensor] of graph.tensors) {
    const quantization = chosen.get(rootOf(name));
    if (!tensor.data && quantization) tensors.set(name, { ...tensor, quantization });
  }
  const nodes = graph.nodes.map((node) => quantizeConstants(node, tensors, chosen.get(rootOf(node.outputs[0]))!));
  return { ...graph, nodes, tensors: withoutUnused(graph, nodes, tensors) };
}

/** Stores the constant inputs of a node as integers, under new names where nodes share a constant. */
function quantizeConstants(node: Node, tensors: Map<string, Tensor>, output: Quantization): Node {
  const axis = WEIGHT_AXIS[node.operator];
  if (axis !== undefined) return quantizeLayer(node, tensors, axis);
  const shared = operatorOf(node).quantize === "shared";
  const inputs = node.inputs.map((name) => {
    const tensor = tensors.get(name);
    if (!tensor?.data || tensor.quantization) return name;
    return store(tensors, tensor, shared ? output : activationQuantization(rangeOf(tensor)));
  });
  return { ...node, inputs };
}

function quantizeLayer(node: Node, tensors: Map<string, Tensor>, axis: number): Node {
  const input = tensors.get(node.inputs[0])!.quantization!;
  const weights = tensors.get(node.inputs[1])!;
  const bias = node.inputs[2] ? tensors.get(node.inputs[2])! : undefined;
  const perChannel = weightQuantization(weights, axis, bias?.data as Float32Array | undefined, input.scale[0]);
  const grouped = node.operator === "ConvTranspose" && node.attributes.group !== 1;
  const { axis: _, ...rest } = perChannel;
  const quantization: Quantization = grouped
    ? { ...rest, scale: [Math.max(...perChannel.scale)], zeroPoint: [0] }
    : perChannel;
  const inputs = [node.inputs[0], store(tensors, weights, quantization)];
  if (bias) {
    const channels = bias.data!.length;
    const scales = grouped
      ? { ...quantization, scale: new Array<number>(channels).fill(quantization.scale[0]) }
      : quantization;
    inputs.push(store(tensors, bias, biasQuantization(scales, input.scale[0])));
  }
  return { ...node, inputs };
}

function store(tensors: Map<string, Tensor>, tensor: Tensor, quantization: Quantization): string {
  let name = `${tensor.name}_quantized`;
  for (let i = 1; tensors.has(name); i++) name = `${tensor.name}_quantized_${i}`;
  const data = quantizeData(tensor.data as Float32Array, tensor.shape, quantization);
  tensors.set(name, { ...tensor, name, data, quantization });
  return name;
}

function withoutUnused(graph: Graph, nodes: readonly Node[], tensors: ReadonlyMap<string, Tensor>) {
  const used = new Set([...graph.inputs, ...graph.outputs, ...nodes.flatMap((n) => [...n.inputs, ...n.outputs])]);
  return new Map([...tensors].filter(([name]) => used.has(name)));
}
