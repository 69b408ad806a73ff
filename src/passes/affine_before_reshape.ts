/**
 * Moves the Add, Sub or Mul with a constant per column from behind a Reshape to the Gemm before it, where fold-affine
 * takes it in: the bias of a product of a three-dimensional tensor and a matrix, as exporters write attention.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { dequantizeConstant } from "../lower/lowering.js";

function moveBefore(edit: GraphEdit, node: Node): void {
  for (const [value, constant] of [node.inputs, [...node.inputs].reverse()]) {
    const reshape = edit.producer(value);
    if (reshape?.operator !== "Reshape" || edit.soleConsumer(value) !== node) continue;
    const [source] = reshape.inputs;
    if (edit.producer(source)?.operator !== "Gemm" || edit.soleConsumer(source) !== reshape) continue;
    const columns = edit.tensor(source).shape.at(-1)!;
    const addend = edit.tensor(constant);
    const { shape, type } = addend;
    const perColumn = shape.at(-1) === columns && elementCount(shape) === columns;
    if (!addend.data || type !== "float32" || !(perColumn || elementCount(shape) === 1)) continue;
    if (edit.tensor(value).quantization || edit.tensor(source).quantization) continue;
    const result = edit.tensor(node.outputs[0]);
    if (`${result.shape}` !== `${edit.tensor(value).shape}` || result.shape.at(-1) !== columns) continue;
    const row = edit.addConstant({
      name: edit.uniqueName(`${constant}_row`),
      type,
      shape: elementCount(shape) === 1 ? [1] : [columns],
      data: dequantizeConstant(addend),
    });
    const inputs = node.inputs.map((name) => (name === value ? source : row));
    const moved = edit.add(node, node.operator, inputs, node.attributes);
    edit.remove(reshape);
    edit.replace(node, { ...reshape, inputs: [moved, ...reshape.inputs.slice(1)], outputs: node.outputs });
    return;
  }
}

export function affineBeforeReshape(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (["Mul", "Add", "Sub"].includes(node.operator)) moveBefore(edit, node);
  }
  return edit.finish();
}
