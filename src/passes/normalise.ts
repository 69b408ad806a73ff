/**
 * The first pass: every node becomes canonical (src/ops/operator.ts), shapes are inferred, constants folded, and
 * QuantizeLinear / DequantizeLinear become quantisation records.
 */
import { UserError } from "../errors.js";
import { graphBuilder } from "../graph/builder.js";
import type { Counted, Graph, Node, Tensor } from "../graph/ir.js";
import { lengthDepends, normaliseNodes } from "../ops/normalise_nodes.js";

export function normalise(graph: Graph): Graph {
  const build = graphBuilder(graph);
  normaliseNodes(graph.nodes, graph.outputs, build);
  const nameless: Node = {
    name: "output",
    operator: "Identity",
    domain: "",
    inputs: [],
    outputs: ["output"],
    attributes: {},
  };
  const renamed = new Map<string, string>();
  const counted: Counted[] = [];
  const counts: string[] = [];
  for (const name of graph.outputs) {
    const tensor = build.resolve(name);
    const found = build.counted(name);
    if (found) {
      if (!renamed.has(found.count)) {
        counts.push(found.count);
        renamed.set(found.count, build.uniqueName(`${name}_count`));
      }
      counted.push({ output: name, count: renamed.get(found.count)!, axis: found.axis });
    }
    if (tensor.name === name) continue;
    const own = !tensor.data && !graph.inputs.includes(tensor.name) && !graph.outputs.includes(tensor.name);
    if (own && !renamed.has(tensor.name)) renamed.set(tensor.name, name);
    else build.add(nameless, "Reshape", [tensor.name], { shape: tensor.shape }, name, tensor.quantization);
  }
  const result = rename(build.finish([...graph.outputs, ...counts]), renamed);
  for (const { input, output } of result.states ?? []) {
    checkState(result, input, output);
    if (counted.some((entry) => entry.output === output)) throw lengthDepends("--state", output);
  }
  return counted.length > 0 ? { ...result, counted } : result;
}

/** Throws E_SHAPE for a state whose ends differ. */
function checkState(graph: Graph, input: string, output: string): void {
  const [from, to] = [output, input].map((name) => graph.tensors.get(name)!);
  if (from.type === to.type && from.shape.join() === to.shape.join()) return;
  throw new UserError(
    "E_SHAPE",
    `--state ${input}:${output}: the output is ${from.type} [${from.shape}], the input ${to.type} [${to.shape}]; they must be alike`,
    output,
  );
}

function rename(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  if (names.size === 0) return graph;
  const now = (name: string) => names.get(name) ?? name;
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of graph.tensors) tensors.set(now(name), { ...tensor, name: now(name) });
  return {
    ...graph,
    tensors,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(now), outputs: node.outputs.map(now) })),
    outputs: graph.outputs.map(now),
  };
}
