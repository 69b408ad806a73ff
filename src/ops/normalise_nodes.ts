/** ONNX nodes into canonical ones: of a graph, or of the body of a control-flow node. */
import { UserError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { AttributeValue, Graph, Node } from "../graph/ir.js";
import { operatorOf } from "./index.js";
import type { Operator } from "./operator.js";

/**
 * Adds the canonical forms of `nodes` to `build`.
 * @param outputs names that are read beside those that the nodes read themselves
 */
export function normaliseNodes(nodes: readonly Node[], outputs: readonly string[], build: GraphBuilder): void {
  const used = new Set([...nodes.flatMap(namesRead), ...outputs]);
  for (const node of nodes) {
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
    const wanted = named(withoutUnused(node, used), build);
    if (operator.normalise) operator.normalise(wanted, build);
    else build.addNode(wanted);
  }
}

export const isGraph = (value: AttributeValue): value is Graph => typeof value === "object" && "nodes" in value;

/** Inputs of a node and of the nodes in its bodies, which read outer values too. */
function namesRead({ inputs, attributes }: Node): string[] {
  const bodies = Object.values(attributes).filter(isGraph);
  return [...inputs, ...bodies.flatMap(({ nodes, outputs }) => [...nodes.flatMap(namesRead), ...outputs])];
}

export const lengthDepends = (where: string, value: string) =>
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

/** A first output that is omitted while others are not gets a name, so that rewrites have one to define. */
function named(node: Node, build: GraphBuilder): Node {
  const [first, ...others] = node.outputs;
  return first === "" ? { ...node, outputs: [build.uniqueName(`${node.name}_output`), ...others] } : node;
}

/** Outputs beyond the first that nobody reads are omitted ones. */
function withoutUnused(node: Node, used: ReadonlySet<string>): Node {
  const outputs = node.outputs.map((name, i) => (i === 0 || used.has(name) ? name : ""));
  while (outputs.length > 1 && outputs.at(-1) === "") outputs.pop();
  return { ...node, outputs };
}

/** Throws E_SHAPE where inputs are missing or too many. Of any number of inputs none is optional, but for nodes with bodies. */
function checkInputs(node: Node, operator: Operator): void {
  const [min, max] = operator.inputs ?? [1, 1];
  if (min > 0 && max === Number.POSITIVE_INFINITY && node.inputs.includes("")) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}" leaves out an input; re-export the model`,
      node.name,
    );
  }
  const given = node.inputs.slice(0, min).filter((name) => name !== "").length;
  if (given === min && node.inputs.length <= max) return;
  throw new UserError(
    "E_SHAPE",
    `${node.operator} node "${node.name}" has ${node.inputs.length} inputs, it takes ${min === max ? min : `${min} to ${max}`}; re-export the model`,
    node.name,
  );
}
