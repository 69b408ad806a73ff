/** Removes nodes whose output is their input: Reshape to the same shape, identity Transpose, zero Pad, open Clip. */

import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node } from "../graph/ir.js";
import { sameQuantization } from "../ops/quantize_linear.js";
import { isIdentityResize } from "../ops/Resize.js";

function changesNothing(edit: GraphEdit, node: Node): boolean {
  const attributes = node.attributes;
  switch (node.operator) {
    case "Reshape": {
      const { shape } = edit.tensor(node.inputs[0]);
      const target = attributes.shape as readonly number[];
      return shape.length === target.length && shape.every((size, i) => size === target[i]);
    }
    case "Transpose":
      return (attributes.perm as readonly number[]).every((axis, i) => axis === i);
    case "Pad":
      return (attributes.pads as readonly number[]).every((pad) => pad === 0);
    case "Resize":
      return isIdentityResize(node, edit.tensor(node.inputs[0]).shape);
    case "Concat":
      return node.inputs.length === 1;
    case "Clip":
      return attributes.min === Number.NEGATIVE_INFINITY && attributes.max === Number.POSITIVE_INFINITY;
    default:
      return false;
  }
}

export function removeNoOps(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (!changesNothing(edit, node)) continue;
    const from = edit.tensor(node.inputs[0]).quantization;
    const to = edit.tensor(node.outputs[0]).quantization;
    if (from && to && !sameQuantization(from, to)) continue;
    const quantization = from ?? to;
    if (quantization && !from) edit.setTensor({ ...edit.tensor(node.inputs[0]), quantization });
    edit.bypass(node);
  }
  return edit.finish();
}
