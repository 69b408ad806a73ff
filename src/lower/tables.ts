/**
 * Tables instead of float32 steps: where an int8 value is a function of one other int8 value, through elementwise
 * operators on float32 values in between (Gelu written out, a division by a constant), the float32 kernels run on
 * the 256 stored values at generation time. What the table holds is in every bit what those steps would compute.
 */
import type { Graph, Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { hostProgram } from "../host/run.js";
import quantize from "../kernels/nn_quantize_f32_s8.js";
import { operatorOf } from "../ops/index.js";
import { lower } from "./lower.js";
import { dequantizeConstant, perTensor } from "./lowering.js";

/** Whether every element of the one output depends on the same elements of the inputs alone. */
function isPointwise(graph: Graph, node: Node): boolean {
  const { pointwise, elementwiseUnary } = operatorOf(node);
  const values = [...node.inputs, ...node.outputs].map((name) => graph.tensors.get(name));
  return (pointwise || elementwiseUnary || false) && node.outputs.length === 1 && values.every(isReal);
}

const isReal = (tensor: Tensor | undefined) => tensor?.type === "float32";
const isScalar = (tensor: Tensor) => tensor.data !== undefined && elementCount(tensor.shape) === 1;

/**
 * Values of a float graph that are only steps on the way from one value to a function of it. They need no scale of
 * their own: a table takes their place.
 */
export function valuesInsideTables(graph: Graph): Set<string> {
  const tensor = (name: string) => graph.tensors.get(name)!;
  const roots = new Map<string, string>();
  const rootOf = (name: string) => roots.get(name) ?? name;
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) consumers.set(name, [...(consumers.get(name) ?? []), node]);
    if (!isPointwise(graph, node)) continue;
    const computed = node.inputs.filter((name) => !isScalar(tensor(name)));
    const [root, ...others] = new Set(computed.map(rootOf));
    if (root === undefined || others.length > 0 || tensor(root).data) continue;
    if (`${tensor(root).shape}` === `${tensor(node.outputs[0]).shape}`) roots.set(node.outputs[0], root);
  }
  const fixed = new Set(graph.outputs);
  const inside = new Set<string>();
  for (const [name, root] of roots) {
    const readers = consumers.get(name) ?? [];
    if (readers.length > 0 && !fixed.has(name) && readers.every((node) => rootOf(node.outputs[0]) === root)) {
      inside.add(name);
    }
  }
  return inside;
}

export interface Table {
  /** The int8 value that is looked up. */
  readonly input: string;
  readonly values: Int8Array;
}

export interface Tables {
  /** By the node that computes the result. */
  readonly tables: ReadonlyMap<Node, Table>;
  /** Nodes that nothing but tables needed. */
  readonly replaced: ReadonlySet<Node>;
}

/** @param graph canonical and quantised */
export function tabulate(graph: Graph): Tables {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const tables = new Map<Node, Table>();
  const inner = new Set<Node>();
  for (const node of graph.nodes) {
    if (!perTensor(graph.tensors.get(node.outputs[0])!)) continue;
    const chain = chainOf(graph, producers, node);
    if (!chain || (chain.nodes.length === 1 && operatorOf(node).lowerInt8)) continue;
    tables.set(node, { input: chain.input, values: evaluate(graph, chain) });
    for (const other of chain.nodes) if (other !== node) inner.add(other);
  }
  const needed = new Set(graph.outputs);
  const replaced = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    if (inner.has(node) && !node.outputs.some((name) => needed.has(name))) {
      replaced.add(node);
      continue;
    }
    const table = tables.get(node);
    for (const name of table ? [table.input] : node.inputs) needed.add(name);
  }
  return { tables, replaced };
}

interface Chain {
  readonly input: string;
  readonly output: string;
  /** Producers first. */
  readonly nodes: readonly Node[];
}

/** The elementwise nodes between one int8 value and the output of `last`, or undefined when there are other sources. */
function chainOf(graph: Graph, producers: ReadonlyMap<string, Node>, last: Node): Chain | undefined {
  const sources = new Set<string>();
  const members = new Set<Node>();
  const visit = (node: Node): boolean => {
    if (members.has(node)) return true;
    if (!isPointwise(graph, node)) return false;
    for (const name of node.inputs) {
      const tensor = graph.tensors.get(name)!;
      if (isScalar(tensor)) continue;
      const producer = producers.get(name);
      if (perTensor(tensor) && !tensor.data) sources.add(name);
      else if (!producer || tensor.quantization || !visit(producer)) return false;
    }
    members.add(node);
    return true;
  };
  if (!visit(last)) return undefined;
  const [input, ...others] = sources;
  const [output] = last.outputs;
  if (input === undefined || others.length > 0) return undefined;
  const shapes = [input, output].map((name) => `${graph.tensors.get(name)!.shape}`);
  return shapes[0] === shapes[1] ? { input, output, nodes: [...members] } : undefined;
}

function evaluate(graph: Graph, { input, output, nodes }: Chain): Int8Array {
  const from = perTensor(graph.tensors.get(input)!)!;
  const to = perTensor(graph.tensors.get(output)!)!;
  const tensors = new Map<string, Tensor>();
  const line = (name: string) => tensors.set(name, { name, type: "float32", shape: [256] });
  line(input);
  for (const node of nodes) {
    line(node.outputs[0]);
    for (const name of node.inputs) {
      const tensor = graph.tensors.get(name)!;
      if (isScalar(tensor)) tensors.set(name, { name, type: "float32", shape: [], data: dequantizeConstant(tensor) });
    }
  }
  const part: Graph = { name: "table", opset: graph.opset, inputs: [input], outputs: [output], nodes, tensors };
  const program = lower(part, { precision: "float32", io: "float32" });
  const host = hostProgram(program);
  const reals = host.buffer(program.inputs[0]) as Float32Array;
  for (let i = 0; i < 256; i++) reals[i] = Math.fround((i - 128 - from.zeroPoint) * from.scale);
  host.run();
  const values = new Int8Array(256);
  quantize.run(
    { count: 256, scale: to.scale, zero_point: to.zeroPoint },
    { inputs: [host.buffer(program.outputs[0])], outputs: [values], constants: {} },
  );
  return values;
}
