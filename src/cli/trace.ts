/** Prints a graph for --trace: one line a node. */
import type { Graph, Quantization, Tensor } from "../graph/ir.js";
import type { Trace } from "../passes/index.js";

function scaleText(q: Quantization | undefined): string {
  if (!q) return "";
  return q.scale.length === 1 ? ` ${q.type} ${q.scale[0].toPrecision(4)}, ${q.zeroPoint[0]}` : ` ${q.type} per channel`;
}

function valueText(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.name} [${tensor.shape}]${scaleText(tensor.quantization)}` : "-";
}

export function graphText(graph: Graph): string {
  return graph.nodes
    .map((node) => {
      const inputs = node.inputs.map((name) => valueText(graph.tensors.get(name))).join(", ");
      const outputs = node.outputs.map((name) => valueText(graph.tensors.get(name))).join(", ");
      const attributes = Object.entries(node.attributes)
        .map(([key, value]) => ` ${key}=${Array.isArray(value) ? `[${value}]` : String(value)}`)
        .join("");
      return `  ${node.operator}(${inputs}) -> ${outputs}${attributes}`;
    })
    .join("\n");
}

export function traceTo(print: (line: string) => void): Trace {
  return (pass, graph) => print(`--- after ${pass}: ${graph.nodes.length} nodes\n${graphText(graph)}`);
}
