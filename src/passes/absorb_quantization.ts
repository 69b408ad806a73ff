/**
 * QuantizeLinear followed by DequantizeLinear becomes a quantisation record on the value between them. Operators that
 * only move integers (Reshape, MaxPool ... of QOperator models) move the real values that they stand for instead.
 */
import { floatAttribute } from "../graph/attributes.js";
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Attributes, Graph, Node } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { sameQuantization, storedQuantization } from "../ops/quantize_linear.js";

const isDequantize = (node: Node) => node.operator === "DequantizeLinear";
const isQuantize = (node: Node) => node.operator === "QuantizeLinear";

function realValue(edit: GraphEdit, dequantize: Node, name: string): string {
  const { data, type, shape } = edit.tensor(name);
  const quantization = storedQuantization(dequantize);
  if (!data) {
    return edit.add(dequantize, "DequantizeLinear", [name], dequantize.attributes, { quantization });
  }
  const stored = type === "uint8" ? Int8Array.from(data as Uint8Array, (v) => v - 128) : data;
  const constant = edit.uniqueName(`${name}_real`);
  return edit.addConstant({ name: constant, type: "float32", shape, data: stored, quantization });
}

/** Padding of integers as the real number that it stands for. */
function realAttributes(mover: Node, dequantize: Node): Attributes {
  if (mover.operator !== "Pad") return mover.attributes;
  const { scale, zero_point } = dequantize.attributes as Record<string, number>;
  return { ...mover.attributes, value: Math.fround((floatAttribute(mover, "value", 0) - zero_point) * scale) };
}

/** DequantizeLinear(move(x)) -> move(DequantizeLinear(x)). */
function lift(edit: GraphEdit, node: Node): boolean {
  const mover = edit.producer(node.inputs[0]);
  if (!mover || operatorOf(mover).quantize !== "shared" || mover.outputs.length !== 1) return false;
  const { type } = edit.tensor(node.inputs[0]);
  if (mover.inputs.some((name) => name !== "" && edit.tensor(name).type !== type)) return false;
  const inputs = mover.inputs.map((name) => (name === "" ? "" : realValue(edit, node, name)));
  const [output] = node.outputs;
  edit.remove(node);
  const quantization = storedQuantization(node);
  edit.add(mover, mover.operator, inputs, realAttributes(mover, node), { output, quantization });
  return true;
}

/** The value of a QuantizeLinear and of the DequantizeLinear nodes behind it, as one quantised value. */
function absorb(edit: GraphEdit, node: Node): void {
  const quantization = storedQuantization(node);
  const [stored] = node.outputs;
  const same = (other: Node) => sameQuantization(storedQuantization(other), quantization);
  const readers = edit.consumers(stored).filter((reader) => isDequantize(reader) && same(reader));
  let [value] = node.inputs;
  const source = edit.tensor(value);
  if (!source.quantization) {
    const onlyHere = edit.consumers(value).every((reader) => isQuantize(reader) && same(reader));
    if (readers.length > 0 || onlyHere) edit.setTensor({ ...source, quantization });
  } else if (readers.length > 0 && !sameQuantization(source.quantization, quantization)) {
    // A second quantisation of one value: a step of its own that changes the scale.
    const bounds = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
    value = edit.add(node, "Clip", [value], bounds, { quantization });
  }
  const isOutput = (reader: Node) => edit.outputs.includes(reader.outputs[0]);
  for (const reader of readers.filter((r) => !isOutput(r))) {
    edit.redirect(reader.outputs[0], value);
    edit.remove(reader);
  }
  for (const reader of readers.filter(isOutput)) {
    const { shape } = edit.tensor(value);
    const copy: Node = { ...reader, operator: "Reshape", inputs: [value], attributes: { shape } };
    edit.replace(reader, copy);
    edit.setTensor({ ...edit.tensor(reader.outputs[0]), quantization });
    if (edit.bypass(copy)) [value] = copy.outputs;
  }
}

export function absorbQuantization(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of edit.nodes()) if (isDequantize(node)) changed = lift(edit, node) || changed;
  }
  for (const node of edit.nodes()) if (isQuantize(node)) absorb(edit, node);
  return edit.finish();
}
