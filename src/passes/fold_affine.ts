/**
 * Folds a per-channel Mul, Add or Sub with a constant (BatchNormalization, or a bias written as Add) into the weights
 * and bias of the Conv, ConvTranspose or Gemm before it. Runs in ONNX layout, before channels-last.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { outputChannelAxis } from "../ops/channels.js";

/** The constant as one value per channel, or undefined when it varies along another axis. */
function perChannel(constant: Tensor, output: Tensor, channels: number): Float32Array | undefined {
  const values = dequantizeConstant(constant);
  if (values.length === 1) return new Float32Array(channels).fill(values[0]);
  const axis = constant.shape.length - output.shape.length + 1;
  const fits = constant.shape.length <= output.shape.length && constant.shape[axis] === channels;
  return fits && elementCount(constant.shape) === channels ? values : undefined;
}

function scaleWeights(weights: Tensor, axis: number, factor: Float32Array): Float32Array {
  const inner = elementCount(weights.shape.slice(axis + 1));
  const data = weights.data as Float32Array;
  return data.map((w, i) => Math.fround(w * factor[Math.floor(i / inner) % factor.length]));
}

function foldInto(edit: GraphEdit, node: Node): void {
  const layer = edit.producer(node.inputs[0]) ? node.inputs[0] : node.inputs[1];
  const producer = layer && edit.producer(layer);
  if (!producer || edit.soleConsumer(layer) !== node || producer.attributes.fused_min !== undefined) return;
  const isLeft = layer === node.inputs[0];
  if (node.operator === "Sub" && !isLeft) return;
  const axis = outputChannelAxis(producer);
  const constant = edit.tensor(node.inputs[isLeft ? 1 : 0]);
  const output = edit.tensor(layer);
  const result = edit.tensor(node.outputs[0]);
  if (axis === undefined || !constant.data || output.quantization) return;
  if (result.shape.length !== output.shape.length || elementCount(result.shape) !== elementCount(output.shape)) return;
  const weights = edit.tensor(producer.inputs[1]);
  const bias = producer.inputs[2] ? edit.tensor(producer.inputs[2]) : undefined;
  const channels = weights.shape[axis];
  const values = perChannel(constant, output, channels);
  if (!values) return;
  if (node.operator === "Mul" && weights.quantization) return;
  const old = bias ? dequantizeConstant(bias) : new Float32Array(channels);
  const inputs = [...producer.inputs];
  let newBias: Float32Array;
  if (node.operator === "Mul") {
    const name = edit.uniqueName(`${weights.name}_folded`);
    edit.addConstant({ ...weights, name, data: scaleWeights(weights, axis, values) });
    inputs[1] = name;
    newBias = old.map((b, i) => Math.fround(b * values[i]));
  } else {
    newBias = old.map((b, i) => Math.fround(node.operator === "Sub" ? b - values[i] : b + values[i]));
  }
  const name = edit.uniqueName(`${node.outputs[0]}_bias`);
  inputs[2] = edit.addConstant({ name, type: "float32", shape: [channels], data: newBias });
  edit.remove(node);
  edit.replace(producer, { ...producer, inputs, outputs: node.outputs });
}

export function foldAffine(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (["Mul", "Add", "Sub"].includes(node.operator)) foldInto(edit, node);
  }
  return edit.finish();
}
