/** Gives every value of a canonical float graph its int8 quantisation: Graph + ranges -> Graph. */
import { invariant } from "../errors.js";
import type { Graph, Node, Quantization, Tensor } from "../graph/ir.js";
import { valuesInsideTables } from "../lower/tables.js";
import { isExact } from "../ops/exact.js";
import { operatorOf } from "../ops/index.js";
import type { QuantizeRule } from "../ops/operator.js";
import { quantizeData } from "../ops/quantize_linear.js";
import { biasPart, cellStatesToBe, hasIntegerForm, INPUT, isRecurrent, OUTPUT } from "../ops/recurrent.js";
import { isMeasurable, type Range } from "./observers.js";
import type { Precisions } from "./precisions.js";
import { activationQuantization, biasQuantization, weightQuantization, wideQuantization } from "./scales.js";

/** Axis of the weights that counts output channels. */
const WEIGHT_AXIS: Readonly<Record<string, number>> = { Conv: 0, Gemm: 0, ConvTranspose: 1 };

/** Whether a value gets a scale. */
type IsReal = (name: string) => boolean;

/**
 * Integers, bools, results of exact nodes and cell states have no scale; infinite constants (a mask), and what they make infinite,
 * cannot have one.
 */
function isRealIn(graph: Graph, ranges: ReadonlyMap<string, Range>): IsReal {
  const exact = new Set(graph.nodes.flatMap((node) => (isExact(node) ? node.outputs : [])));
  for (const name of cellStatesToBe(graph)) exact.add(name);
  return (name) => {
    const tensor = graph.tensors.get(name);
    if (tensor?.type !== "float32" || exact.has(name)) return false;
    return tensor.data ? (tensor.data as Float32Array).every(isMeasurable) : ranges.has(name);
  };
}

/** Values that must share one scale, by union and find. */
function shareGroups(graph: Graph, isReal: IsReal): (name: string) => string {
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
    const [first, ...others] = [...node.outputs, ...node.inputs].filter((name) => isReal(name));
    for (const other of others) parent.set(find(other), find(first));
  }
  for (const node of graph.nodes) {
    const [first, ...others] = tiedValues(graph, node).filter((name) => isReal(name) && !graph.tensors.get(name)!.data);
    for (const other of others) parent.set(find(other), find(first));
  }
  for (const { input, output } of graph.states ?? []) if (isReal(input)) parent.set(find(input), find(output));
  return find;
}

function tiedValues(graph: Graph, node: Node): string[] {
  const names = operatorOf(node).ties?.(node) ?? [];
  return names.filter((name) => name !== "" && graph.tensors.has(name));
}

interface Group {
  range: Range | undefined;
  /** How the values of the group come about: one entry per value that is no mere copy. */
  readonly sources: QuantizeRule[];
}

function collectGroups(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  rootOf: (name: string) => string,
  isReal: IsReal,
) {
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
  for (const name of graph.inputs) if (isReal(name)) add(name, ranges.get(name), "free");
  for (const node of graph.nodes) {
    const rule = operatorOf(node).quantize ?? "free";
    for (const name of node.outputs) {
      if (isReal(name)) add(name, ranges.get(name), rule === "shared" ? undefined : rule);
    }
    for (const name of tiedValues(graph, node)) {
      const tensor = graph.tensors.get(name)!;
      if (tensor.data && isReal(node.outputs[0])) add(node.outputs[0], rangeOf(tensor), undefined);
    }
    if (rule !== "shared") continue;
    for (const name of node.inputs) {
      const tensor = graph.tensors.get(name);
      if (tensor?.data && isReal(name)) add(name, rangeOf(tensor), "free");
    }
    if (node.operator === "Pad" && isReal(node.outputs[0])) {
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

/**
 * A function with bounds of its own takes the scale of those bounds where the model gives its result to others; inside,
 * it takes the range that it has where that is narrower: probabilities over many classes are all small.
 */
function groupQuantization(group: Group, isGiven: boolean, isWide: boolean, { symmetric }: Scheme): Quantization {
  const [only, ...others] = group.sources;
  if (isWide) {
    invariant(group.range, "a value was not observed");
    return wideQuantization(group.range);
  }
  const seen = group.range && activationQuantization(group.range, symmetric);
  if (typeof only === "object" && others.length === 0) {
    if (seen && !isGiven && seen.scale[0] < only.scale) return seen;
    return { type: "int8", scale: [only.scale], zeroPoint: [only.zeroPoint] };
  }
  invariant(seen, "a value was not observed");
  return seen;
}

/** How integers stand for reals. */
export interface Scheme {
  /** Zero point 0 for activations, which costs half the steps behind a Relu. Default false. */
  readonly symmetric?: boolean;
  /** One scale for all weights of a layer instead of one per output channel. Default false. */
  readonly perTensor?: boolean;
  /** How layers that `precisions` does not name store what they compute. Default int8. */
  readonly activations?: "int8" | "int16";
  /** What layers compute with; a name that is not there: as `activations` says, with int8 weights. */
  readonly precisions?: Precisions;
}

/** Groups of values that are stored in int16: what int16 layers compute, and inputs that they alone read. */
function wideGroups(graph: Graph, rootOf: (name: string) => string, scheme: Scheme): Set<string> {
  const { precisions, activations = "int8" } = scheme;
  const isWide = ({ name }: Node) => (precisions?.get(name) ?? activations) === "int16";
  const computing = graph.nodes.filter((node) => operatorOf(node).quantize !== "shared");
  const wide = new Set(computing.filter(isWide).flatMap(({ outputs }) => outputs.map(rootOf)));
  for (const root of graph.inputs.map(rootOf)) {
    const readers = computing.filter(({ inputs }) => inputs.some((name) => rootOf(name) === root));
    if (readers.length > 0 ? readers.every(isWide) : activations === "int16") wide.add(root);
  }
  return wide;
}

/** Nodes that compute in float32 though the graph is quantised. */
function floatNodes(graph: Graph, { precisions }: Scheme): ReadonlySet<Node> {
  return new Set(graph.nodes.filter(({ name }) => precisions?.get(name) === "float32"));
}

/**
 * Groups of values that only float32 layers write and read: they are not rounded. What merely moves values does not
 * count, and what the model gives or takes may be float32.
 */
function unroundedGroups(graph: Graph, float: ReadonlySet<Node>, rootOf: (name: string) => string): Set<string> {
  const found = new Set<string>();
  if (float.size === 0) return found;
  for (const node of float) for (const name of [...node.inputs, ...node.outputs]) found.add(rootOf(name));
  for (const node of graph.nodes) {
    if (float.has(node) || operatorOf(node).quantize === "shared") continue;
    for (const name of [...node.inputs, ...node.outputs]) found.delete(rootOf(name));
  }
  return found;
}

/**
 * @param graph canonical, float
 * @param ranges by value name, for every computed value and input that is never infinite
 */
export function quantizeGraph(graph: Graph, ranges: ReadonlyMap<string, Range>, scheme: Scheme = {}): Graph {
  const isReal = isRealIn(graph, ranges);
  const rootOf = shareGroups(graph, isReal);
  const groups = collectGroups(graph, ranges, rootOf, isReal);
  const tensors = new Map(graph.tensors);
  const chosen = new Map<string, Quantization>();
  const given = new Set(graph.outputs.map(rootOf));
  const wide = wideGroups(graph, rootOf, scheme);
  for (const [root, group] of groups) {
    chosen.set(root, groupQuantization(group, given.has(root), wide.has(root), scheme));
  }
  const inside = valuesInsideTables(graph);
  const float = floatNodes(graph, scheme);
  const unrounded = unroundedGroups(graph, float, rootOf);
  for (const root of unrounded) chosen.delete(root);
  const keepsConstants = (node: Node) => float.has(node) || unrounded.has(rootOf(node.outputs[0]));
  for (const [name, tensor] of graph.tensors) {
    const quantization = inside.has(name) ? undefined : chosen.get(rootOf(name));
    if (!tensor.data && tensor.type === "float32" && quantization) tensors.set(name, { ...tensor, quantization });
  }
  const nodes = graph.nodes.map((node) =>
    keepsConstants(node) || [...node.inputs, ...node.outputs].some((name) => inside.has(name))
      ? node
      : quantizeConstants(node, tensors, chosen.get(rootOf(node.outputs[0])), isReal, scheme),
  );
  return { ...graph, nodes, tensors: withoutUnused(graph, nodes, tensors) };
}

/** Stores the constant inputs of a node as integers, under new names where nodes share a constant. */
function quantizeConstants(
  node: Node,
  tensors: Map<string, Tensor>,
  output: Quantization | undefined,
  isReal: IsReal,
  scheme: Scheme,
): Node {
  // What computes in float32, or ends up in a table, reads them as they are: an exponent must stay whole.
  const { lowerInt8, realConstants } = operatorOf(node);
  if (isExact(node) || !lowerInt8 || realConstants) return node;
  if (isRecurrent(node)) return quantizeRecurrent(node, tensors);
  const axis = WEIGHT_AXIS[node.operator];
  if (axis !== undefined) return quantizeLayer(node, tensors, axis, scheme);
  const shared = operatorOf(node).quantize === "shared";
  const inputs = node.inputs.map((name) => {
    const tensor = tensors.get(name);
    if (!tensor?.data || tensor.quantization || !isReal(name)) return name;
    if (shared && output) return store(tensors, tensor, output);
    const own = output?.type === "int16" ? wideQuantization : activationQuantization;
    return store(tensors, tensor, own(rangeOf(tensor)));
  });
  return { ...node, inputs };
}

function quantizeLayer(node: Node, tensors: Map<string, Tensor>, axis: number, scheme: Scheme): Node {
  const { perTensor, precisions } = scheme;
  const input = tensors.get(node.inputs[0])!.quantization;
  if (!input) return node;
  const weights = tensors.get(node.inputs[1])!;
  const bias = node.inputs[2] ? tensors.get(node.inputs[2])! : undefined;
  const bits = precisions?.get(node.name) === "int4" ? 4 : 8;
  const perChannel = weightQuantization(weights, axis, bias?.data as Float32Array | undefined, input.scale[0], bits);
  const grouped = perTensor || (node.operator === "ConvTranspose" && node.attributes.group !== 1);
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

/** Weights along the axis of their rows, with room for the biases; the rest of the constants stays as it is. */
function quantizeRecurrent(node: Node, tensors: Map<string, Tensor>): Node {
  const scales = [node.inputs[INPUT.x], node.outputs[OUTPUT.hidden]].map((name) => tensors.get(name)!.quantization);
  if (!hasIntegerForm(node, tensors) || scales.some((q) => !q)) return node;
  const bias = tensors.get(node.inputs[INPUT.bias])!;
  const inputs = [...node.inputs];
  [INPUT.weights, INPUT.recurrent].forEach((i, part) => {
    const weights = tensors.get(node.inputs[i])!;
    const rows = weights.shape[1];
    const largest = new Float32Array(rows);
    biasPart(bias, part as 0 | 1).forEach((value, row) => {
      largest[row % rows] = Math.max(largest[row % rows], Math.abs(value));
    });
    inputs[i] = store(tensors, weights, weightQuantization(weights, 1, largest, scales[part]!.scale[0]));
  });
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
