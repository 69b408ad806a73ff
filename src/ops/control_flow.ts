/**
 * Control flow that is decided when the firmware is generated: If with a constant condition becomes one of its branches,
 * Loop and Scan with a constant number of iterations are unrolled.
 */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, AttributeValue, Graph, Node } from "../graph/ir.js";
import { fromNumbers } from "../graph/ir.js";
import { isGraph, normaliseNodes } from "./normalise_nodes.js";
import type { Operator } from "./operator.js";
import { requireConstant } from "./reshape.js";
import { refuseShape } from "./rewrite.js";

/** Nodes that unrolling may add in all: far more than any firmware has. */
const MAX_UNROLLED_NODES = 20_000;

function bodyOf(node: Node, name: string): Graph {
  const body: AttributeValue | undefined = node.attributes[name];
  if (body !== undefined && isGraph(body)) return body;
  throw new UserError(
    "E_SHAPE",
    `${node.operator} node "${node.name}" has no graph ${name}; re-export the model`,
    node.name,
  );
}

function checkUnrolled(node: Node, iterations: number, body: Graph): void {
  if (iterations * Math.max(1, body.nodes.length) <= MAX_UNROLLED_NODES) return;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" would unroll into ${iterations} times ${body.nodes.length} nodes, more than ${MAX_UNROLLED_NODES}; shorten the sequence, or use an operator for sequences (LSTM, GRU, RNN)`,
    node.name,
  );
}

/** A node whose names, and those that its bodies read, are replaced. */
function renamed(node: Node, now: (name: string) => string): Node {
  const attributes: Attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([key, value]) => [key, isGraph(value) ? renamedBody(value, now) : value]),
  );
  return { ...node, inputs: node.inputs.map(now), outputs: node.outputs.map(now), attributes };
}

/** ONNX keeps the names of a body distinct from outer ones, so a replaced name is an outer one. */
function renamedBody(body: Graph, now: (name: string) => string): Graph {
  return { ...body, nodes: body.nodes.map((node) => renamed(node, now)), outputs: body.outputs.map(now) };
}

/**
 * Adds the nodes of a body as if they stood in the place of `node`.
 * @param given values of the body's inputs
 * @returns the names that now stand for the body's outputs
 */
function inline(node: Node, body: Graph, given: readonly string[], build: GraphBuilder): string[] {
  const names = new Map<string, string>([["", ""]]);
  body.inputs.forEach((name, i) => {
    names.set(name, given[i]);
  });
  for (const [name, tensor] of body.tensors) {
    if (!tensor.data || body.inputs.includes(name)) continue;
    names.set(
      name,
      build.addConstant(build.uniqueName(name), tensor.type, tensor.shape, tensor.data, tensor.quantization),
    );
  }
  for (const { outputs } of body.nodes) {
    for (const name of outputs) if (name !== "") names.set(name, build.uniqueName(name));
  }
  const now = (name: string) => names.get(name) ?? name;
  const nodes = body.nodes.map((inner) => ({ ...renamed(inner, now), name: `${node.name}/${inner.name}` }));
  const outputs = body.outputs.map(now);
  normaliseNodes(nodes, outputs, build);
  return outputs;
}

function checkCounts(node: Node, body: Graph, inputs: number, outputs: number): void {
  if (body.inputs.length === inputs && body.outputs.length >= outputs) return;
  throw new UserError(
    "E_SHAPE",
    `${node.operator} node "${node.name}": its body has ${body.inputs.length} inputs and ${body.outputs.length} outputs, expected ${inputs} and ${outputs}; re-export the model`,
    node.name,
  );
}

function aliasOutputs(node: Node, values: readonly string[], build: GraphBuilder): void {
  node.outputs.forEach((name, i) => {
    if (name !== "") build.alias(name, values[i]);
  });
}

/** ONNX If-1 to -24. */
export const If: Operator = {
  name: "If",
  notes: "constant condition: the branch that is taken",
  outputs: Number.POSITIVE_INFINITY,
  normalise(node, build) {
    const condition = requireConstant(node, build.resolve(node.inputs[0]), "the condition");
    const body = bodyOf(node, Number(condition.data![0]) !== 0 ? "then_branch" : "else_branch");
    checkCounts(node, body, 0, node.outputs.length);
    aliasOutputs(node, inline(node, body, [], build), build);
  },
};

/** Values of all iterations, stacked along a new axis. */
function stacked(node: Node, values: readonly string[], axis: number, build: GraphBuilder): string {
  const parts = values.map((value) => {
    const { shape } = build.resolve(value);
    const at = normaliseAxis(node, axis, shape.length + 1);
    return build.add(node, "Reshape", [value], { shape: [...shape.slice(0, at), 1, ...shape.slice(at)] });
  });
  const { shape } = build.resolve(parts[0]);
  return parts.length === 1
    ? parts[0]
    : build.add(node, "Concat", parts, { axis: normaliseAxis(node, axis, shape.length) });
}

function noIteration(node: Node): never {
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" makes no iteration, so what it collects has no shape; remove the node`,
    node.name,
  );
}

/** Throws E_SHAPE where a value that the body takes is left out. */
function requireInputs(node: Node, values: readonly string[]): void {
  if (values.includes("")) refuseShape(node, "a value that its body takes is left out");
}

/** ONNX Loop-1 to -24 whose number of iterations is known: constant trip count or constant conditions. */
export const Loop: Operator = {
  name: "Loop",
  notes: "constant trip count and conditions: unrolled",
  inputs: [0, Number.POSITIVE_INFINITY],
  outputs: Number.POSITIVE_INFINITY,
  normalise(node, build) {
    const body = bodyOf(node, "body");
    const carried = Math.max(0, node.inputs.length - 2);
    checkCounts(node, body, carried + 2, carried + 1);
    const collected = body.outputs.length - 1 - carried;
    const limit = build.optional(node, 0);
    const trips = limit ? Number(requireConstant(node, limit, "the trip count").data![0]) : Number.POSITIVE_INFINITY;
    const isTrue = (name: string) => {
      const condition = requireConstant(node, build.resolve(name), "the condition to go on");
      return Number(condition.data![0]) !== 0;
    };
    const truth = () => build.addConstant(build.uniqueName(`${node.name}_condition`), "bool", [], Uint8Array.of(1));
    let condition = build.optional(node, 1)?.name ?? truth();
    let values = node.inputs.slice(2);
    requireInputs(node, values);
    const scans: string[][] = Array.from({ length: collected }, () => []);
    let goesOn = trips > 0 && isTrue(condition);
    for (let i = 0; goesOn; i++) {
      checkUnrolled(node, i + 1, body);
      const count = build.addConstant(
        build.uniqueName(`${node.name}_iteration`),
        "int64",
        [],
        fromNumbers("int64", [i]),
      );
      const outputs = inline(node, body, [count, condition, ...values], build);
      condition = outputs[0];
      values = outputs.slice(1, 1 + carried);
      scans.forEach((scan, k) => {
        scan.push(outputs[1 + carried + k]);
      });
      goesOn = i + 1 < trips && isTrue(condition);
    }
    const results = scans.map((scan, k) => {
      if (node.outputs[carried + k] === undefined || node.outputs[carried + k] === "") return "";
      return scan.length > 0 ? stacked(node, scan, 0, build) : noIteration(node);
    });
    aliasOutputs(node, [...values, ...results], build);
  },
};

/** Element `i` along `axis` of a value, without the axis. */
function element(node: Node, value: string, axis: number, i: number, build: GraphBuilder): string {
  const { shape } = build.resolve(value);
  const index = build.addConstant(build.uniqueName(`${node.name}_index`), "int64", [], fromNumbers("int64", [i]));
  const name = build.uniqueName(`${value}_element`);
  const at = normaliseAxis(node, axis, shape.length);
  normaliseNodes(
    [{ ...node, operator: "Gather", inputs: [value, index], outputs: [name], attributes: { axis: at } }],
    [name],
    build,
  );
  return name;
}

/** One list of settings of Scan: per scan input or output, zeros by default. */
function settings(node: Node, name: string, count: number): readonly number[] {
  const list = intsAttribute(node, name) ?? new Array<number>(count).fill(0);
  if (list.length === count) return list;
  throw new UserError(
    "E_SHAPE",
    `Scan node "${node.name}": ${name} has ${list.length} values, expected ${count}`,
    node.name,
  );
}

/** ONNX Scan-9 to -24, and Scan-8 (with a batch axis in front) without sequence lengths. */
export const Scan: Operator = {
  name: "Scan",
  notes: "unrolled",
  inputs: [0, Number.POSITIVE_INFINITY],
  outputs: Number.POSITIVE_INFINITY,
  normalise(node, build) {
    const body = bodyOf(node, "body");
    const scanned = intAttribute(node, "num_scan_inputs", 1);
    const batched = build.opset < 9;
    const inputs = batched ? node.inputs.slice(1) : node.inputs;
    requireInputs(node, inputs);
    const states = inputs.length - scanned;
    if (scanned < 1 || states < 0 || (batched && node.inputs[0] !== "")) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `Scan node "${node.name}" has ${scanned} scan inputs of ${inputs.length}${batched ? ", or sequence lengths" : ""}; re-export the model with operator set 9 or later`,
        node.name,
      );
    }
    checkCounts(node, body, inputs.length, states);
    if (!batched) return aliasOutputs(node, scan(node, body, inputs, states, build), build);
    const { shape } = build.resolve(inputs[inputs.length - 1]);
    const results: string[][] = body.outputs.map(() => []);
    for (let b = 0; b < shape[0]; b++) {
      const own = inputs.map((value) => element(node, value, 0, b, build));
      scan(node, body, own, states, build).forEach((value, k) => {
        results[k].push(value);
      });
    }
    aliasOutputs(
      node,
      results.map((values) => (values.length > 0 ? stacked(node, values, 0, build) : noIteration(node))),
      build,
    );
  },
};

function scan(node: Node, body: Graph, inputs: readonly string[], states: number, build: GraphBuilder): string[] {
  const scanned = inputs.slice(states);
  const collected = body.outputs.length - states;
  const inAxes = settings(node, "scan_input_axes", scanned.length);
  const inDirections = settings(node, build.opset < 9 ? "directions" : "scan_input_directions", scanned.length);
  const outAxes = settings(node, "scan_output_axes", collected);
  const outDirections = settings(node, "scan_output_directions", collected);
  const lengths = scanned.map((value, k) => {
    const { shape } = build.resolve(value);
    return shape[normaliseAxis(node, inAxes[k], shape.length)];
  });
  const [length] = lengths;
  if (lengths.some((other) => other !== length)) {
    throw new UserError(
      "E_SHAPE",
      `Scan node "${node.name}": sequences of lengths ${lengths} do not go together`,
      node.name,
    );
  }
  checkUnrolled(node, length, body);
  let values = inputs.slice(0, states);
  const scans: string[][] = Array.from({ length: collected }, () => []);
  for (let i = 0; i < length; i++) {
    const elements = scanned.map((value, k) =>
      element(node, value, inAxes[k], inDirections[k] === 1 ? length - 1 - i : i, build),
    );
    const outputs = inline(node, body, [...values, ...elements], build);
    values = outputs.slice(0, states);
    scans.forEach((list, k) => {
      list.push(outputs[states + k]);
    });
  }
  const results = scans.map((list, k) => {
    if (list.length === 0) return noIteration(node);
    return stacked(node, outDirections[k] === 1 ? list.reverse() : list, outAxes[k], build);
  });
  return [...values, ...results];
}
