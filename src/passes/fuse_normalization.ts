/**
 * A normalisation by variance as one node: written out (as exporters do up to opset 16), it is recognised; the constants
 * that scale and shift its result become its own. Only where no value between has a scale of its own.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node, Shape } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { isExact } from "../ops/exact.js";

const NORMALIZATION = "MeanVarianceNormalization";

/** The node that gives `name` if it is this operator, real and unquantised. */
function source(edit: GraphEdit, name: string, operator: string): Node | undefined {
  const node = edit.producer(name);
  const { type, quantization } = edit.tensor(name);
  return node?.operator === operator && type === "float32" && !quantization && !isExact(node) ? node : undefined;
}

/** The value whose mean over `axes` this is. */
function meanOf(edit: GraphEdit, name: string): { of: string; axes: readonly number[] } | undefined {
  const node = source(edit, name, "ReduceMean");
  return node && { of: node.inputs[0], axes: node.attributes.axes as readonly number[] };
}

/** Both orders of the operands of a sum. */
const orders = ([a, b]: readonly string[]): [string, string][] => [
  [a, b],
  [b, a],
];

/** centred / sqrt(mean(centred * centred) + epsilon), centred being x - mean(x), or x itself. */
function recognise(edit: GraphEdit, division: Node): void {
  const [centred, divisor] = division.inputs;
  const root = source(edit, divisor, "Sqrt");
  const sum = root && source(edit, root.inputs[0], "Add");
  if (!sum) return;
  for (const [variance, small] of orders(sum.inputs)) {
    const mean = meanOf(edit, variance);
    const square = mean && source(edit, mean.of, "Mul");
    const epsilon = edit.tensor(small);
    if (!square || epsilon.data?.length !== 1 || !square.inputs.every((name) => name === centred)) continue;
    const attributes = { axes: mean.axes, epsilon: dequantizeConstant(epsilon)[0] };
    const difference = source(edit, centred, "Sub");
    const average = difference && meanOf(edit, difference.inputs[1]);
    const centres = average?.of === difference?.inputs[0] && `${average?.axes}` === `${mean.axes}`;
    const x = difference && centres ? difference.inputs[0] : centred;
    if (`${edit.tensor(x).shape}` !== `${edit.tensor(division.outputs[0]).shape}`) return;
    const node = { operator: NORMALIZATION, inputs: [x], attributes: { ...attributes, centre: centres ? 1 : 0 } };
    edit.replace(division, { ...division, ...node });
    return;
  }
}

/** Takes in the Mul or Add behind a normalisation. */
function absorb(edit: GraphEdit, node: Node): void {
  for (const [value, constant] of orders(node.inputs)) {
    const producer = source(edit, value, NORMALIZATION);
    const { data, type, shape } = edit.tensor(constant);
    if (!producer || !data || type !== "float32" || edit.soleConsumer(value) !== node) continue;
    const [x, scale, bias] = producer.inputs;
    const free = bias === undefined && (node.operator === "Add" || scale === undefined);
    if (!free || !fits(edit.tensor(node.outputs[0]).shape, edit.tensor(x).shape, shape)) continue;
    const inputs = node.operator === "Mul" ? [x, constant] : [x, scale ?? addOne(edit, producer), constant];
    edit.remove(node);
    edit.replace(producer, { ...producer, inputs, outputs: node.outputs });
    return;
  }
}

function addOne(edit: GraphEdit, { outputs }: Node): string {
  const name = edit.uniqueName(`${outputs[0]}_scale`);
  return edit.addConstant({ name, type: "float32", shape: [], data: Float32Array.of(1) });
}

/** Whether the constant broadcasts to x, which keeps its shape. */
const fits = (result: Shape, x: Shape, constant: Shape) =>
  `${result}` === `${x}` && constant.length <= x.length && elementCount(constant) > 0;

export function fuseNormalization(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (isExact(node)) continue;
    if (node.operator === "Div") recognise(edit, node);
    if (node.operator === "Mul" || node.operator === "Add") absorb(edit, node);
  }
  return edit.finish();
}
