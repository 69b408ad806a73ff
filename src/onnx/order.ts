import { UserError } from "../errors.js";
import type { Node } from "../graph/ir.js";
import { quoted } from "../quoted.js";

/**
 * The nodes in topological order. A list that already is in order stays as it is; otherwise a node moves up just far
 * enough to stand before the first one that needs it.
 * @param needs names of the values a node reads (those of its subgraphs included).
 * @throws UserError E_GRAPH_CYCLE naming a node of the circle.
 */
export function topologicalOrder(nodes: readonly Node[], needs: (node: Node) => readonly string[]): Node[] {
  const producer = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== "") producer.set(output, node);
  const done = new Set<Node>();
  const open = new Set<Node>();
  const order: Node[] = [];
  // Depth first with a stack of our own: chains of nodes may be longer than the call stack.
  const stack: { node: Node; needed: readonly string[]; next: number }[] = [];
  const enter = (node: Node) => {
    if (open.has(node)) {
      throw new UserError(
        "E_GRAPH_CYCLE",
        `${node.operator} node ${quoted(node.name)} depends on its own output; export the model again`,
        node.name,
      );
    }
    open.add(node);
    stack.push({ node, needed: needs(node), next: 0 });
  };
  for (const root of nodes) {
    if (done.has(root)) continue;
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next < top.needed.length) {
        const before = producer.get(top.needed[top.next++]);
        if (before && !done.has(before)) enter(before);
      } else {
        stack.pop();
        open.delete(top.node);
        done.add(top.node);
        order.push(top.node);
      }
    }
  }
  return order;
}
