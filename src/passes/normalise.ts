/**
 * The first pass: every node becomes canonical (src/ops/operator.ts), shapes are inferred, constants folded, and
 * QuantizeLinear / DequantizeLinear become quantisation records.
 */
import { UserError } from "../errors.js";
import { graphBuilder } from "../graph/builder.js";
import type { Graph, Node, Tensor } from "../graph/ir.js";
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
    if (operator.normalise) operator.normalise(node, build);
    else build.addNode(node);
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
  for (const name of graph.outputs) {
    const tensor = build.resolve(name);
    if (tensor.name === name) continue;
    const own = !tensor.data && !graph.inputs.includes(tensor.name) && !graph.outputs.includes(tensor.name);
    if (own && !renamed.has(tensor.name)) renamed.set(tensor.name, name);
    else build.add(nameless, "Reshape", [tensor.name], { shape: tensor.shape }, name, tensor.quantization);
  }
  const result = rename(build.finish(graph.outputs), renamed);
  for (const node of result.nodes) checkType(node, result);
  return result;
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

/** Only real values are computed on the device; integers live in constants. */
function checkType(node: Node, graph: Graph): void {
  const values = [...node.inputs.filter((name) => name !== ""), ...node.outputs].map(
    (name) => graph.tensors.get(name)!,
  );
  const wrong = values.find((tensor) => tensor.type !== "float32");
  if (wrong) {
    throw new UserError(
      "E_TYPE",
      `${node.operator} node "${node.name}" works on ${wrong.type} values ("${wrong.name}"); only float32 (or QDQ) values are supported, convert the model to float32`,
      node.name,
    );
  }
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
