/**
 * The first pass: every node becomes canonical (src/ops/operator.ts), shapes are inferred, constants folded, and
 * QuantizeLinear / DequantizeLinear become quantisation records.
 */
import { UserError } from "../errors.js";
import { type GraphBuilder, graphBuilder } from "../graph/builder.js";
import type { Counted, Graph, Node, Tensor } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import type { Operator } from "../ops/operator.js";

export function normalise(graph: Graph): Graph {
  const build = graphBuilder(graph);
  const used = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs]);
  for (const node of graph.nodes) {
    const operator = operatorOf(node);
    checkInputs(node, operator);
    if (node.outputs.every((name) => name === "")) continue;
    const extra = node.outputs.slice(operator.outputs ?? 1).find((name) => name !== "" && used.has(name));
    if (extra !== undefined) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `${node.operator} node "${node.name}": its further output "${extra}" is used; only the first one is supported`,
        node.name,
      );
    }
    checkCounted(node, build);
    const wanted = withoutUnused(node, used);
    if (operator.normalise) operator.normalise(wanted, build);
    else build.addNode(wanted);
  }
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

const lengthDepends = (where: string, value: string) =>
  new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${where} uses "${value}", whose length depends on the data; such a value can only be an output: end the model there`,
    value,
  );

/** Throws E_OPERATOR_UNSUPPORTED for a node that computes on a value whose length depends on the data. */
function checkCounted(node: Node, build: GraphBuilder): void {
  const input = node.inputs.find((name) => name !== "" && build.counted(name));
  if (input !== undefined && node.operator !== "Identity")
    throw lengthDepends(`${node.operator} node "${node.name}"`, input);
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

/** Outputs beyond the first that nobody reads are omitted ones. */
function withoutUnused(node: Node, used: ReadonlySet<string>): Node {
  const outputs = node.outputs.map((name, i) => (i === 0 || used.has(name) ? name : ""));
  while (outputs.length > 1 && outputs.at(-1) === "") outputs.pop();
  return { ...node, outputs };
}

/** Throws E_SHAPE where inputs are missing or too many. */
function checkInputs(node: Node, operator: Operator): void {
  const [min, max] = operator.inputs ?? [1, 1];
  const given = node.inputs.slice(0, min).filter((name) => name !== "").length;
  if (given === min && node.inputs.length <= max) return;
  throw new UserError(
    "E_SHAPE",
    `${node.operator} node "${node.name}" has ${node.inputs.length} inputs, it takes ${min === max ? min : `${min} to ${max}`}; re-export the model`,
    node.name,
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
