/**
 * Local rewriting of a graph: what a pass uses to look around a node and to replace it. The edit lives inside one pass;
 * `finish` gives a new, sorted Graph without dead nodes and values.
 */

import { invariant } from "../errors.js";
import { operatorOf } from "../ops/index.js";
import type { Attributes, Graph, Node, Quantization, Tensor } from "./ir.js";
import { unusedName } from "./names.js";

export interface GraphEdit {
  readonly outputs: readonly string[];
  /** The nodes, producers first; while the loop edits the graph, nodes that are gone are left out and changed ones seen as they are. */
  nodes(): Iterable<Node>;
  tensor(name: string): Tensor;
  producer(name: string): Node | undefined;
  consumers(name: string): readonly Node[];
  /** The one consumer of a value that is no graph output, or undefined. */
  soleConsumer(name: string): Node | undefined;
  addConstant(tensor: Tensor): string;
  /** Adds a node with inferred output; gives the output's name. */
  add(
    origin: Node,
    operator: string,
    inputs: readonly string[],
    attributes: Attributes,
    options?: { output?: string; quantization?: Quantization },
  ): string;
  remove(node: Node): void;
  /** Replaces a node by one with the same outputs. */
  replace(node: Node, replacement: Node): void;
  setTensor(tensor: Tensor): void;
  /**
   * Takes out a node whose output equals its input. Gives false where the value is a graph output that has to stay
   * apart from its input.
   */
  bypass(node: Node): boolean;
  /** Every reader of `from` reads `to`; `from` must be no graph output. */
  redirect(from: string, to: string): void;
  uniqueName(stem: string): string;
  finish(): Graph;
}

export function editGraph(graph: Graph): GraphEdit {
  const tensors = new Map(graph.tensors);
  const alive = new Set<Node>(graph.nodes);
  const producers = new Map<string, Node>();
  const readers = new Map<string, Set<Node>>();
  const inputs = new Set(graph.inputs);
  const outputs = new Set(graph.outputs);

  function register(node: Node): void {
    alive.add(node);
    for (const name of node.outputs) producers.set(name, node);
    for (const name of node.inputs) {
      if (name === "") continue;
      const known = readers.get(name);
      if (known) known.add(node);
      else readers.set(name, new Set([node]));
    }
  }
  function unregister(node: Node): void {
    alive.delete(node);
    for (const name of node.outputs) if (producers.get(name) === node) producers.delete(name);
    for (const name of node.inputs) readers.get(name)?.delete(node);
  }
  for (const node of graph.nodes) register(node);

  const tensor = (name: string): Tensor => {
    const found = tensors.get(name);
    invariant(found, `no value ${name}`);
    return found;
  };
  const consumers = (name: string) => [...(readers.get(name) ?? [])];
  const uniqueName = (stem: string) => unusedName(stem, (name) => tensors.has(name));
  const rewire = (node: Node, from: string, to: string) => {
    unregister(node);
    register({ ...node, inputs: node.inputs.map((name) => (name === from ? to : name)) });
  };
  const redirect = (from: string, to: string) => {
    invariant(!outputs.has(from), `graph output ${from} cannot be redirected`);
    for (const node of consumers(from)) rewire(node, from, to);
  };

  return {
    outputs: graph.outputs,
    *nodes() {
      for (const { outputs } of sort([...alive], producers)) {
        const current = producers.get(outputs[0]);
        if (current) yield current;
      }
    },
    tensor,
    producer: (name) => producers.get(name),
    consumers,
    soleConsumer(name) {
      const all = consumers(name);
      return all.length === 1 && !outputs.has(name) ? all[0] : undefined;
    },
    addConstant(constant) {
      tensors.set(constant.name, constant);
      return constant.name;
    },
    add(origin, operator, nodeInputs, attributes, options = {}) {
      const output = options.output ?? uniqueName(`${origin.outputs[0]}_${operator}`);
      const node: Node = {
        name: operator === origin.operator ? origin.name : `${origin.name}_${operator}`,
        operator,
        domain: "",
        inputs: nodeInputs,
        outputs: [output],
        attributes,
      };
      const given = nodeInputs.map((name) => (name === "" ? undefined : tensor(name)));
      const [type] = operatorOf(node).infer!(node, given);
      const { quantization } = options;
      tensors.set(output, { name: output, ...type, ...(quantization && { quantization }) });
      register(node);
      return output;
    },
    remove: unregister,
    replace(node, replacement) {
      unregister(node);
      register(replacement);
    },
    setTensor: (changed) => tensors.set(changed.name, changed),
    bypass(node) {
      const [from] = node.inputs;
      const [to] = node.outputs;
      if (!outputs.has(to)) {
        redirect(to, from);
        unregister(node);
        return true;
      }
      const maker = producers.get(from);
      if (!maker || inputs.has(from) || outputs.has(from)) return false;
      unregister(node);
      unregister(maker);
      register({ ...maker, outputs: maker.outputs.map((name) => (name === from ? to : name)) });
      for (const reader of consumers(from)) rewire(reader, from, to);
      tensors.set(to, { ...tensor(from), name: to });
      return true;
    },
    redirect,
    uniqueName,
    finish() {
      // Depth first from the outputs: the order depends on the structure alone, not on how passes got there.
      const roots = graph.outputs.map((name) => producers.get(name)).filter((node) => node !== undefined);
      const kept = withUniqueNames(sort(roots, producers));
      const live = new Map<string, Tensor>();
      const keep = (name: string) => name !== "" && !live.has(name) && live.set(name, tensor(name));
      for (const name of graph.inputs) keep(name);
      for (const node of kept) for (const name of [...node.inputs, ...node.outputs]) keep(name);
      for (const name of graph.outputs) keep(name);
      return { ...graph, nodes: kept, tensors: live };
    },
  };
}

/** Topological order that keeps the given order where it can. */
function sort(nodes: readonly Node[], producers: ReadonlyMap<string, Node>): Node[] {
  const result: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  for (const root of nodes) {
    const stack: Node[] = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (state.get(node) === "done") {
        stack.pop();
        continue;
      }
      state.set(node, "open");
      const pending = node.inputs
        .map((name) => producers.get(name))
        .filter((maker): maker is Node => maker !== undefined && state.get(maker) !== "done");
      if (pending.length > 0) {
        invariant(!pending.some((maker) => state.get(maker) === "open"), `cycle at node ${node.name}`);
        stack.push(...pending.reverse());
        continue;
      }
      state.set(node, "done");
      result.push(node);
      stack.pop();
    }
  }
  return result;
}

/** Nodes that came of one ONNX node may bear its name; all but the first get a number. */
function withUniqueNames(nodes: readonly Node[]): Node[] {
  const taken = new Set<string>();
  return nodes.map((node) => {
    let name = node.name;
    for (let i = 1; taken.has(name); i++) name = `${node.name}_${i}`;
    taken.add(name);
    return name === node.name ? node : { ...node, name };
  });
}
