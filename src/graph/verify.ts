/** What a well-formed graph is; run after every pass. */
import { invariant } from "../errors.js";
import type { Graph, Node, Quantization, Tensor, TypedArray } from "./ir.js";
import { elementCount, newArray, STORED_BOUNDS } from "./ir.js";

/**
 * @param after name of the stage that made the graph, for the message.
 * @throws UserError E_INTERNAL unless all of this holds:
 * - keys of `tensors` are the names of their tensors; shapes are integers >= 0
 * - every value has one origin (input, constant or node output) and a tensor; inputs and outputs are listed once
 * - counted outputs, and what counts them, are outputs
 * - nodes have unique non-empty names and read only values that exist before them
 * - the data of a constant has the array type of its element type (of its stored type where it is quantised) and the
 *   length of its shape
 * - scales are finite float32 values > 0, zero points integers that the stored type holds, one of each per tensor or
 *   per index of the axis
 */
export function verifyGraph(graph: Graph, after = "the last stage"): void {
  const check = (condition: unknown, message: string): void => invariant(condition, `after ${after}: ${message}`);
  for (const [name, tensor] of graph.tensors) {
    check(name !== "" && name === tensor.name, `tensor "${tensor.name}" is stored as "${name}"`);
    verifyTensor(tensor, check);
  }

  const available = new Set<string>();
  for (const tensor of graph.tensors.values()) if (tensor.data) available.add(tensor.name);
  for (const input of graph.inputs) {
    check(graph.tensors.has(input), `input "${input}" has no tensor`);
    check(!available.has(input), `input "${input}" is also a constant or listed twice`);
    available.add(input);
  }
  const names = new Set<string>([""]);
  for (const node of graph.nodes) {
    check(!names.has(node.name), `node name "${node.name}" is empty or taken`);
    names.add(node.name);
    verifyNode(node, graph, available, check);
  }
  for (const output of graph.outputs) check(available.has(output), `output "${output}" does not exist`);
  for (const { output, count, axis } of graph.counted ?? []) {
    const known = graph.outputs.includes(output) && graph.outputs.includes(count);
    check(known && axis < graph.tensors.get(output)!.shape.length, `output "${output}" is not counted by an output`);
  }
  check(new Set(graph.outputs).size === graph.outputs.length, "an output is listed twice");
  for (const { input, output } of graph.states ?? []) {
    check(graph.inputs.includes(input) && graph.outputs.includes(output), `state "${input}" is no input or output`);
    const [from, to] = [output, input].map((name) => graph.tensors.get(name)!);
    check(from.type === to.type && `${from.shape}` === `${to.shape}`, `state "${input}" is not what "${output}" is`);
  }
  for (const name of graph.tensors.keys()) check(available.has(name), `tensor "${name}" has no origin`);
}

type Check = (condition: unknown, message: string) => void;

function verifyNode(node: Node, graph: Graph, available: Set<string>, check: Check): void {
  const where = `${node.operator} node "${node.name}"`;
  check(node.operator !== "", `node "${node.name}" has no operator`);
  for (const input of node.inputs) {
    check(input === "" || available.has(input), `${where} reads "${input}" before it exists`);
  }
  for (const output of node.outputs) {
    if (output === "") continue;
    check(!available.has(output), `${where} writes "${output}", which has an origin already`);
    check(graph.tensors.has(output), `output "${output}" of ${where} has no tensor`);
    available.add(output);
  }
}

function verifyTensor(tensor: Tensor, check: Check): void {
  const { name, shape, data, quantization } = tensor;
  check(
    shape.every((d) => Number.isSafeInteger(d) && d >= 0),
    `tensor "${name}" has shape [${shape}]`,
  );
  if (quantization) verifyQuantization(tensor, quantization, check);
  if (!data) return;
  const expected: TypedArray = newArray(quantization?.type ?? tensor.type, 0);
  check(
    data.constructor === expected.constructor,
    `constant "${name}" is ${data.constructor.name}, not ${expected.constructor.name}`,
  );
  check(data.length === elementCount(shape), `constant "${name}" has ${data.length} elements for shape [${shape}]`);
}

function verifyQuantization({ name, shape }: Tensor, quantization: Quantization, check: Check): void {
  const { type, scale, zeroPoint, axis } = quantization;
  const [min, max] = STORED_BOUNDS[type];
  const length = axis === undefined ? 1 : shape[axis];
  check(length !== undefined, `tensor "${name}" of shape [${shape}] is quantised along axis ${axis}`);
  check(
    scale.length === length && zeroPoint.length === length,
    `tensor "${name}" has ${scale.length} scales and ${zeroPoint.length} zero points, not ${length}`,
  );
  check(
    scale.every((s) => Number.isFinite(s) && s > 0 && Math.fround(s) === s),
    `tensor "${name}" has a scale that is no positive finite float32 value`,
  );
  check(
    zeroPoint.every((z) => Number.isInteger(z) && z >= min && z <= max),
    `tensor "${name}" has a zero point that ${type} does not hold`,
  );
}
