/**
 * In quantised models, gives a value that only moves data (Reshape, Transpose, MaxPool, Concat ...) the quantisation
 * of its source where the producer of the model left it out.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { sameQuantization } from "../ops/quantize_linear.js";

function copy(edit: GraphEdit, from: string, to: string): void {
  const source = edit.tensor(from).quantization;
  const target = edit.tensor(to);
  if (source && source.axis === undefined && !target.quantization && !target.data) {
    edit.setTensor({ ...target, quantization: source });
  }
}

const keepsEveryElement = (node: Node) => node.operator === "Reshape" || node.operator === "Transpose";

/** Whether all inputs are stored in the same way: then the output may be. */
function agree(edit: GraphEdit, node: Node): boolean {
  const [first, ...others] = node.inputs.filter(Boolean).map((name) => edit.tensor(name).quantization);
  return others.every((other) => first !== undefined && other !== undefined && sameQuantization(first, other));
}

export function alignQuantization(graph: Graph): Graph {
  const edit = editGraph(graph);
  const nodes = [...edit.nodes()];
  for (const node of nodes) {
    if (operatorOf(node).quantize === "shared" && agree(edit, node)) copy(edit, node.inputs[0], node.outputs[0]);
  }
  for (const node of nodes.reverse()) {
    if (keepsEveryElement(node)) copy(edit, node.outputs[0], node.inputs[0]);
  }
  return edit.finish();
}
