/** Computes once what several nodes compute: same operator, inputs and attributes. */
import { editGraph } from "../graph/edit.js";
import type { Graph, Node } from "../graph/ir.js";
import { sameQuantization } from "../ops/quantize_linear.js";

function keyOf(node: Node): string {
  const attributes = Object.entries(node.attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, typeof value === "number" ? String(value) : value]);
  // Tensors of 64-bit integers hold bigint, which JSON does not have.
  return JSON.stringify([node.operator, node.inputs, attributes], (_, value) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

export function commonSubexpressions(graph: Graph): Graph {
  const edit = editGraph(graph);
  const outputs = new Set(graph.outputs);
  const known = new Map<string, Node>();
  const renamed = new Map<string, string>();
  for (const snapshot of edit.nodes()) {
    const inputs = snapshot.inputs.map((name) => renamed.get(name) ?? name);
    const node = { ...snapshot, inputs };
    const key = keyOf(node);
    const first = known.get(key);
    const [output, ...others] = node.outputs;
    if (!first || others.length > 0) {
      known.set(key, node);
      continue;
    }
    const a = edit.tensor(first.outputs[0]).quantization;
    const b = edit.tensor(output).quantization;
    const same = a === b || (a && b && sameQuantization(a, b));
    if (outputs.has(output) || !same) continue;
    edit.redirect(output, first.outputs[0]);
    renamed.set(output, first.outputs[0]);
  }
  return edit.finish();
}
