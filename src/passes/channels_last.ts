/**
 * Brings layout-bound nodes (Conv, ConvTranspose, MaxPool, AveragePool) to channels-last between Transposes, which the
 * pass eliminate-transposes then moves and cancels: NHWC and NCHW exports of one model end up the same.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node, Tensor } from "../graph/ir.js";

const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];
const LAYOUT_BOUND: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "MaxPool", "AveragePool"]);

/** Volumes, and MaxPool with indices, which count in ONNX order, stay in ONNX layout. */
export function isLayoutBound(node: Node, input: Tensor): boolean {
  return LAYOUT_BOUND.has(node.operator) && input.shape.length === 4 && node.outputs.length === 1;
}

function wrap(edit: GraphEdit, node: Node, before: readonly number[], after: readonly number[], last: boolean): void {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const source = edit.tensor(x).quantization;
  const target = edit.tensor(y).quantization;
  edit.remove(node);
  const { channels_last: _, ...attributes } = node.attributes;
  const input = edit.add(node, "Transpose", [x], { perm: before }, { quantization: source });
  const output = edit.add(
    node,
    node.operator,
    [input, ...node.inputs.slice(1)],
    last ? { ...attributes, channels_last: 1 } : attributes,
    { quantization: target },
  );
  edit.add(node, "Transpose", [output], { perm: after }, { output: y, quantization: target });
}

/** Wraps every layout-bound node; nodes that are channels-last already stay. */
export function channelsLast(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (!isLayoutBound(node, edit.tensor(node.inputs[0])) || node.attributes.channels_last === 1) continue;
    wrap(edit, node, TO_LAST, TO_FIRST, true);
  }
  return edit.finish();
}

/** The inverse, for writing ONNX: every layout-bound node in ONNX layout between Transposes. */
export function channelsFirst(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (node.attributes.channels_last === 1) {
      wrap(edit, node, TO_FIRST, TO_LAST, false);
    }
  }
  return edit.finish();
}
