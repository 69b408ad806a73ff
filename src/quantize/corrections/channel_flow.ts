/**
 * Where the channels of a value go: through layers that work channel by channel, to the weights that read them. What
 * scales a channel before, and divides the weights that read it by the same, changes nothing.
 */
import { floatAttribute } from "../../graph/attributes.js";
import type { Graph, Node, Shape, Tensor } from "../../graph/ir.js";
import { elementCount } from "../../graph/ir.js";
import { outputChannelAxis } from "../../ops/channels.js";
import { clampFloat } from "../../ops/clamp.js";
import { transposeData } from "../../ops/transpose_data.js";

/** Weights that read a value, and the channel that each of their input indices reads. */
export interface Sink {
  readonly node: Node;
  /** Channel by index along the input axis of the weights; for depthwise weights by output channel. */
  readonly channels: Int32Array;
}

export interface ChannelFlow {
  readonly value: string;
  readonly producer: Node;
  readonly channels: number;
  readonly sinks: readonly Sink[];
  /** The nodes between the value and what its sinks read. */
  readonly through: readonly Node[];
  /** Bounds that the value, and what is made of it, is clamped to on the way. */
  readonly min: number;
  readonly max: number;
}

export interface Uses {
  consumers(name: string): readonly Node[];
  tensor(name: string): Tensor;
  isOutput(name: string): boolean;
}

export function usesOf(graph: Graph): Uses {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const kept = new Set([...graph.outputs, ...(graph.states ?? []).flatMap(({ input, output }) => [input, output])]);
  return {
    consumers: (name) => readers.get(name) ?? [],
    tensor: (name) => graph.tensors.get(name)!,
    isOutput: (name) => kept.has(name),
  };
}

/** Axis of the constant at input 1 that counts output channels, or undefined for nodes whose channels cannot be scaled. */
export function outputAxis(node: Node): number | undefined {
  if (node.operator === "MeanVarianceNormalization") return node.inputs.length > 1 ? -1 : undefined;
  return outputChannelAxis(node);
}

/** The flow of the channels of a layer's output, or undefined where something else than weights reads them. */
export function channelFlow(node: Node, uses: Uses): ChannelFlow | undefined {
  const axis = outputAxis(node);
  if (axis === undefined || uses.isOutput(node.outputs[0])) return undefined;
  const [value] = node.outputs;
  const weights = uses.tensor(node.inputs[1]);
  const channels = weights.shape.at(axis);
  const shape = uses.tensor(value).shape;
  if (channels === undefined || shape.at(-1) !== channels || !endsInChannels(node, channels, uses)) return undefined;
  const indices = Int32Array.from({ length: elementCount(shape) }, (_, i) => i % channels);
  const bounds = { min: -Infinity, max: Infinity };
  const found = { sinks: [] as Sink[], through: [] as Node[], bounds };
  clampBounds(node, bounds);
  const reached = follow(value, indices, uses, found);
  const { sinks, through } = found;
  return reached && sinks.length > 0 ? { value, producer: node, channels, sinks, through, ...bounds } : undefined;
}

/** Whether the last axis of the node's output counts the channels, and its constants have them last too where they broadcast. */
function endsInChannels(node: Node, channels: number, uses: Uses): boolean {
  if (node.operator === "Gemm") return true;
  if (node.operator !== "MeanVarianceNormalization") return node.attributes.channels_last === 1;
  return node.inputs.slice(1).every((name) => elementCount(uses.tensor(name).shape) === channels);
}

/** The clamp of a node: its own in a Clip, a fused one elsewhere. Infinite where it has none. */
export function clampOf(node: Node): { readonly min: number; readonly max: number } {
  const { out_min, out_max } = clampFloat(node);
  if (node.operator !== "Clip") return { min: out_min, max: out_max };
  return { min: floatAttribute(node, "min", out_min), max: floatAttribute(node, "max", out_max) };
}

/** Draws the bounds in by the clamp of a node. */
function clampBounds(node: Node, bounds: { min: number; max: number }): void {
  const { min, max } = clampOf(node);
  bounds.min = Math.max(bounds.min, min);
  bounds.max = Math.min(bounds.max, max);
}

/** What was met on the way from a value to the weights that read it. */
interface Way {
  readonly sinks: Sink[];
  readonly through: Node[];
  readonly bounds: { min: number; max: number };
}

/** @param indices the channel of every element of the value */
function follow(value: string, indices: Int32Array, uses: Uses, way: Way): boolean {
  for (const node of uses.consumers(value)) {
    if (node.inputs.lastIndexOf(value) > 0) return false;
    const sink = readChannels(node, indices, uses);
    if (sink) {
      way.sinks.push(sink);
      continue;
    }
    const output = node.outputs.length === 1 ? passThrough(node, indices, uses) : undefined;
    if (!output || uses.isOutput(node.outputs[0])) return false;
    way.through.push(node);
    clampBounds(node, way.bounds);
    if (!follow(node.outputs[0], output, uses, way)) return false;
  }
  return uses.consumers(value).length > 0;
}

/** The channel of every element behind a node that leaves channels apart, or undefined. */
function passThrough(node: Node, indices: Int32Array, uses: Uses): Int32Array | undefined {
  const from = uses.tensor(node.inputs[0]);
  const to = uses.tensor(node.outputs[0]);
  switch (node.operator) {
    case "Reshape":
      return indices;
    case "Transpose":
      return transposeData(indices, "int32", from.shape, node.attributes.perm as number[]) as Int32Array;
    case "Clip":
      return indices;
    case "MaxPool":
    case "AveragePool":
      return node.attributes.channels_last === 1 ? lastAxis(indices, from.shape, to.shape) : undefined;
    case "ReduceMean": {
      const axes = node.attributes.axes as readonly number[];
      return axes.includes(from.shape.length - 1) ? undefined : lastAxis(indices, from.shape, to.shape);
    }
    default:
      return undefined;
  }
}

/** Channels along the last axis, the same at every position before it, spread over another shape; undefined where they differ. */
function lastAxis(indices: Int32Array, from: Shape, to: Shape): Int32Array | undefined {
  const channels = columns(indices, from.at(-1)!);
  return channels && Int32Array.from({ length: elementCount(to) }, (_, i) => channels[i % channels.length]);
}

/** One period of values that repeat. */
function columns(indices: Int32Array, period: number): Int32Array | undefined {
  return indices.every((channel, i) => channel === indices[i % period]) ? indices.slice(0, period) : undefined;
}

function readChannels(node: Node, indices: Int32Array, uses: Uses): Sink | undefined {
  const weights = uses.tensor(node.inputs[1] ?? "");
  if (!weights?.data || weights.quantization) return undefined;
  if (node.operator === "Gemm") {
    const channels = columns(indices, weights.shape[1]);
    return channels && { node, channels };
  }
  if (node.operator !== "Conv" && node.operator !== "ConvTranspose") return undefined;
  if (node.attributes.channels_last !== 1) return undefined;
  const inputs = uses.tensor(node.inputs[0]).shape.at(-1)!;
  const channels = columns(indices, inputs);
  const group = node.attributes.group as number;
  if (!channels) return undefined;
  if (group === 1) return { node, channels };
  if (node.operator === "ConvTranspose" || weights.shape[1] !== 1) return undefined;
  const multiplier = weights.shape[0] / group;
  return {
    node,
    channels: Int32Array.from({ length: weights.shape[0] }, (_, o) => channels[Math.floor(o / multiplier)]),
  };
}

/** Whether the weights of the sink have one input channel each (depthwise). */
const isDepthwise = ({ node }: Sink): boolean => node.operator === "Conv" && node.attributes.group !== 1;

/** For each element of a sink's weights, the channel that it reads. */
export function channelOfWeight(sink: Sink, weights: Tensor): (index: number) => number {
  const { shape } = weights;
  const axis = sink.node.operator === "ConvTranspose" || isDepthwise(sink) ? 0 : 1;
  const inner = elementCount(shape.slice(axis + 1));
  return (index) => sink.channels[Math.floor(index / inner) % shape[axis]];
}

/** The output channel of each element of a layer's weights. */
export function outputOfWeight(node: Node, weights: Tensor): (index: number) => number {
  const at = outputAxis(node) ?? 0;
  const axis = at < 0 ? weights.shape.length + at : at;
  const inner = elementCount(weights.shape.slice(axis + 1));
  return (index) => Math.floor(index / inner) % weights.shape[axis];
}
