/** A form of the graph in which the constants of a layer can be changed: nobody else reads them, and every layer has a bias. */
import type { Graph, Node, Tensor } from "../../graph/ir.js";
import { outputAxis } from "./channel_flow.js";

export function ownConstants(graph: Graph): Graph {
  const tensors = new Map(graph.tensors);
  const taken = new Set<string>();
  const nameFor = (stem: string, isFree: (name: string) => boolean): string => {
    let name = stem;
    for (let i = 1; !isFree(name); i++) name = `${stem}_of_${i}`;
    taken.add(name);
    return name;
  };
  const nodes = graph.nodes.map((node) => {
    const axis = outputAxis(node);
    const weights = tensors.get(node.inputs[1] ?? "");
    if (axis === undefined || !weights?.data) return node;
    const inputs = node.inputs.map((name, i) => {
      const tensor = tensors.get(name);
      if (i === 0 || !tensor?.data) return name;
      const own = nameFor(name, (free) => !taken.has(free) && (free === name || !tensors.has(free)));
      tensors.set(own, { ...tensor, name: own });
      return own;
    });
    return inputs[2] || axis < 0 ? { ...node, inputs } : withBias(node, inputs, weights.shape[axis], tensors, nameFor);
  });
  return { ...graph, nodes, tensors };
}

function withBias(
  node: Node,
  [x, weights]: readonly string[],
  channels: number,
  tensors: Map<string, Tensor>,
  nameFor: (stem: string, isFree: (name: string) => boolean) => string,
): Node {
  const name = nameFor(`${node.outputs[0]}_bias`, (free) => !tensors.has(free));
  tensors.set(name, { name, type: "float32", shape: [channels], data: new Float32Array(channels) });
  return { ...node, inputs: [x, weights, name] };
}
