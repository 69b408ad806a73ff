/**
 * Quantised graph -> standard QDQ graph: ONNX layout, ONNX operators of opset 19 (21 for int16 values), QuantizeLinear and DequantizeLinear
 * around every stored value. Reading the result back gives the same canonical graph.
 */
import {
  type Attributes,
  fromNumbers,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  type TypedArray,
} from "../graph/ir.js";
import { channelsFirst } from "../passes/channels_last.js";
import { eliminateTransposes } from "../passes/eliminate_transposes.js";

const OPSET = 19;
/** QuantizeLinear to int16 came with it. */
const INT16_OPSET = 21;

/** Operators that came with a later opset. */
const LATER: Readonly<Record<string, number>> = { Gelu: 20, Swish: 24 };

interface Writer {
  readonly nodes: Node[];
  readonly tensors: Map<string, Tensor>;
  constant(stem: string, type: Tensor["type"], shape: readonly number[], values: ArrayLike<number>): string;
}

function createWriter(): Writer {
  const tensors = new Map<string, Tensor>();
  return {
    nodes: [],
    tensors,
    constant(stem, type, shape, values) {
      let name = stem;
      for (let i = 1; tensors.has(name); i++) name = `${stem}_${i}`;
      tensors.set(name, { name, type, shape, data: fromNumbers(type, values) });
      return name;
    },
  };
}

/** Scale and zero point inputs, and the axis attribute where there is one. */
function quantizationInputs(writer: Writer, name: string, q: Quantization) {
  const shape = q.axis === undefined ? [] : [q.scale.length];
  const inputs = [writer.constant(`${name}_scale`, "float32", shape, q.scale)];
  if (q.type !== "int32") inputs.push(writer.constant(`${name}_zero_point`, q.type, shape, q.zeroPoint));
  const attributes: Attributes = q.axis === undefined ? {} : { axis: q.axis };
  return { inputs, attributes };
}

function addDequantize(writer: Writer, source: string, output: string, q: Quantization): void {
  const { inputs, attributes } = quantizationInputs(writer, output, q);
  writer.nodes.push({
    name: `${output}_DequantizeLinear`,
    operator: "DequantizeLinear",
    domain: "",
    inputs: [source, ...inputs],
    outputs: [output],
    attributes,
  });
}

function addQuantizeDequantize(writer: Writer, source: string, output: string, value: Tensor): void {
  const q = value.quantization!;
  const { inputs } = quantizationInputs(writer, `${output}_q`, q);
  const stored = `${output}_quantized`;
  writer.tensors.set(stored, { name: stored, type: q.type, shape: value.shape });
  writer.nodes.push({
    name: `${output}_QuantizeLinear`,
    operator: "QuantizeLinear",
    domain: "",
    inputs: [source, ...inputs],
    outputs: [stored],
    attributes: {},
  });
  addDequantize(writer, stored, output, q);
}

/**
 * int8 constants are written as uint8 with a zero point 128 higher, which says the same: onnxruntime's x86 kernels
 * without VNNI saturate sums of products with signed weights, those with unsigned weights are exact.
 */
function asUnsigned(data: TypedArray, q: Quantization): { data: TypedArray; q: Quantization } {
  if (q.type !== "int8") return { data, q };
  return {
    data: Uint8Array.from(data as Int8Array, (v) => v + 128),
    q: { ...q, type: "uint8", zeroPoint: q.zeroPoint.map((z) => z + 128) },
  };
}

/** Extra rows and columns that make ONNX compute the output size the node has. */
function outputPadding(node: Node, input: Tensor): number[] {
  const window = node.attributes as Record<string, readonly number[]>;
  const spatial = input.shape.slice(2);
  return spatial.map(
    (size, i) =>
      window.output_spatial[i] -
      (window.strides[i] * (size - 1) +
        (window.kernel_shape[i] - 1) * window.dilations[i] +
        1 -
        window.pads[i] -
        window.pads[i + spatial.length]),
  );
}

/** The canonical node in the operator's ONNX form: settings that ONNX takes as inputs become constants. */
function toOnnx(node: Node, writer: Writer): Pick<Node, "operator" | "inputs" | "attributes"> {
  const { fused_min: _min, fused_max: _max, exact: _exact, requantize: _requantize, ...attributes } = node.attributes;
  const [x] = node.inputs;
  const ints = (key: string) => attributes[key] as readonly number[];
  const int64 = (key: string) => {
    const value = attributes[key] as number | readonly number[];
    const [shape, values] = typeof value === "number" ? [[], [value]] : [[value.length], value];
    return writer.constant(`${node.outputs[0]}_${key}`, "int64", shape, values);
  };
  switch (node.operator) {
    case "Gemm":
      return { ...node, attributes: { transB: 1 } };
    case "Reshape":
      return { ...node, inputs: [x, int64("shape")], attributes: {} };
    case "ReduceMax":
    case "ReduceMean":
    case "ReduceMin":
    case "ReduceProd":
    case "ReduceSum":
      return { ...node, inputs: [x, int64("axes")], attributes: { keepdims: 1 } };
    case "TopK": {
      const { k: _, ...rest } = attributes;
      return {
        ...node,
        inputs: [x, writer.constant(`${node.outputs[0]}_k`, "int64", [1], [attributes.k as number])],
        attributes: rest,
      };
    }
    case "CumSum": {
      const { axis: _, ...rest } = attributes;
      return { ...node, inputs: [x, int64("axis")], attributes: rest };
    }
    case "MeanVarianceNormalization":
      return normalisationForm(writer, node);
    case "Pad": {
      const { type } = writer.tensors.get(node.outputs[0])!;
      const value = writer.constant(`${node.outputs[0]}_value`, type, [], [attributes.value as number]);
      return { ...node, inputs: [x, int64("pads"), value], attributes: { mode: "constant" } };
    }
    case "Slice": {
      const steps = ints("steps");
      const ends = ints("starts").map((start, axis) => start + steps[axis] * ints("shape")[axis]);
      // A slice that runs backwards over the first element ends at any number far below it.
      const beyond = ends.map((end) => (end < 0 ? -(2 ** 31) : end));
      const stem = node.outputs[0];
      const list = (key: string, values: readonly number[]) =>
        writer.constant(`${stem}_${key}`, "int64", [values.length], values);
      const axes = list(
        "axes",
        steps.map((_, axis) => axis),
      );
      return { ...node, inputs: [x, int64("starts"), list("ends", beyond), axes, int64("steps")], attributes: {} };
    }
    case "Expand":
      return { ...node, inputs: [x, int64("shape")], attributes: {} };
    case "Resize": {
      const { scales, sizes, roi, ...modes } = attributes;
      const given = scales as readonly number[];
      const input = writer.tensors.get(x)!.shape;
      const exact = given.every((s, i) => Math.fround(s) === s && Math.floor(input[i] * s) === ints("sizes")[i]);
      const floats = (key: string, values: readonly number[]) =>
        writer.constant(`${node.outputs[0]}_${key}`, "float32", [values.length], values);
      const region = roi ? floats("roi", roi as readonly number[]) : "";
      const inputs = exact ? [x, region, floats("scales", given)] : [x, region, "", int64("sizes")];
      return { ...node, inputs, attributes: modes };
    }
    case "ConvTranspose": {
      const { output_spatial: _, ...rest } = attributes;
      return { ...node, attributes: { ...rest, output_padding: outputPadding(node, writer.tensors.get(x)!) } };
    }
    case "AveragePool": {
      const { dilations, ...rest } = attributes;
      return { ...node, attributes: (dilations as readonly number[]).every((d) => d === 1) ? rest : attributes };
    }
    case "DFT": {
      const { length: _, ...rest } = attributes;
      return { ...node, inputs: [x, int64("length")], attributes: rest };
    }
    case "STFT": {
      const { onesided, length } = attributes;
      const whole = writer.tensors.get(node.inputs[1])?.shape[0] === length;
      return {
        ...node,
        inputs: [x, int64("step"), whole ? node.inputs[1] : "", int64("length")],
        attributes: { onesided },
      };
    }
    case "Clip":
      return clipForm(writer, node.outputs[0], x, attributes.min as number, attributes.max as number);
    default:
      return { ...node, attributes };
  }
}

function clipForm(writer: Writer, stem: string, x: string, min: number, max: number) {
  if (min === 0 && max === Number.POSITIVE_INFINITY) return { operator: "Relu", inputs: [x], attributes: {} };
  const bound = (key: string, value: number) =>
    Number.isFinite(value) ? writer.constant(`${stem}_${key}`, "float32", [], [value]) : "";
  return { operator: "Clip", inputs: [x, bound("min", min), bound("max", max)], attributes: {} };
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias, for which ONNX has several operators but none of this generality. */
function normalisationForm(writer: Writer, node: Node): Pick<Node, "operator" | "inputs" | "attributes"> {
  const [x] = node.inputs;
  const { shape } = writer.tensors.get(x)!;
  const axes = node.attributes.axes as readonly number[];
  const small = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const along = writer.constant(`${node.outputs[0]}_axes`, "int64", [axes.length], axes);
  const epsilon = writer.constant(`${node.outputs[0]}_epsilon`, "float32", [], [node.attributes.epsilon as number]);
  const add = (operator: string, inputs: readonly string[], of: readonly number[]) => {
    const name = `${node.outputs[0]}_${writer.nodes.length}`;
    writer.tensors.set(name, { name, type: "float32", shape: of });
    writer.nodes.push({ name, operator, domain: "", inputs, outputs: [name], attributes: {} });
    return name;
  };
  const centred = node.attributes.centre === 0 ? x : add("Sub", [x, add("ReduceMean", [x, along], small)], shape);
  const variance = add("ReduceMean", [add("Mul", [centred, centred], shape), along], small);
  const deviation = add("Sqrt", [add("Add", [variance, epsilon], small)], small);
  const [, scale, bias] = node.inputs;
  const chain = [
    { operator: "Div", operands: [centred, deviation] },
    ...(scale ? [{ operator: "Mul", operands: [scale] }] : []),
    ...(bias ? [{ operator: "Add", operands: [bias] }] : []),
  ];
  const last = chain.pop()!;
  let value: string[] = [];
  for (const { operator, operands } of chain) value = [add(operator, [...value, ...operands], shape)];
  return { operator: last.operator, inputs: [...value, ...last.operands], attributes: {} };
}

/** Whether a value is the length of a counted output: ONNX has none. */
const isCount = (graph: Graph, name: string) => (graph.counted ?? []).some(({ count }) => count === name);

/** Removes omitted inputs at the end of the list. */
function trimmed(inputs: readonly string[]): string[] {
  let end = inputs.length;
  while (end > 0 && inputs[end - 1] === "") end--;
  return inputs.slice(0, end);
}

function writeNode(node: Node, graph: Graph, writer: Writer, readAs: (name: string) => string): void {
  const [output, ...others] = node.outputs.filter((name) => !isCount(graph, name));
  const value = graph.tensors.get(output)!;
  const computed = value.quantization ? `${output}_computed` : output;
  const onnx = toOnnx({ ...node, inputs: node.inputs.map(readAs) }, writer);
  const min = (node.attributes.fused_min as number | undefined) ?? Number.NEGATIVE_INFINITY;
  const max = (node.attributes.fused_max as number | undefined) ?? Number.POSITIVE_INFINITY;
  const clamps = min !== Number.NEGATIVE_INFINITY || max !== Number.POSITIVE_INFINITY;
  const raw = clamps ? `${output}_unclamped` : computed;
  const computedOthers = others.map((name) => (graph.tensors.get(name)!.quantization ? `${name}_computed` : name));
  const add = (form: Pick<Node, "operator" | "inputs" | "attributes">, name: string, result: string) => {
    writer.tensors.set(result, { name: result, type: value.type, shape: value.shape });
    const outputs = form === onnx ? [result, ...computedOthers] : [result];
    writer.nodes.push({ ...form, name, domain: "", inputs: trimmed(form.inputs), outputs });
  };
  add(onnx, node.name, raw);
  if (clamps) add(clipForm(writer, output, raw, min, max), `${node.name}_clamp`, computed);
  if (value.quantization) addQuantizeDequantize(writer, computed, output, value);
  others.forEach((name, i) => {
    const other = graph.tensors.get(name)!;
    if (!other.quantization) return;
    writer.tensors.set(computedOthers[i], { ...other, name: computedOthers[i], quantization: undefined });
    addQuantizeDequantize(writer, computedOthers[i], name, other);
  });
}

/** @param quantised canonical graph with quantisation records */
export function exportQdq(quantised: Graph): Graph {
  const graph = eliminateTransposes(channelsFirst(quantised));
  const writer = createWriter();
  const renamed = new Map<string, string>();
  for (const [name, tensor] of graph.tensors) {
    writer.tensors.set(name, { name, type: tensor.type, shape: tensor.shape });
    if (!tensor.data) continue;
    const q = tensor.quantization;
    if (!q) {
      writer.tensors.set(name, tensor);
      continue;
    }
    const stored = `${name}_stored`;
    const unsigned = asUnsigned(tensor.data, q);
    writer.tensors.set(stored, { name: stored, type: unsigned.q.type, shape: tensor.shape, data: unsigned.data });
    addDequantize(writer, stored, name, unsigned.q);
  }
  for (const name of graph.inputs) {
    const tensor = graph.tensors.get(name)!;
    if (!tensor.quantization) continue;
    addQuantizeDequantize(writer, name, `${name}_dequantized`, tensor);
    writer.tensors.set(`${name}_dequantized`, { name: `${name}_dequantized`, type: "float32", shape: tensor.shape });
    renamed.set(name, `${name}_dequantized`);
  }
  for (const node of graph.nodes) writeNode(node, graph, writer, (name) => renamed.get(name) ?? name);
  return {
    name: graph.name,
    opset: Math.max(
      [...quantised.tensors.values()].some(({ quantization }) => quantization?.type === "int16") ? INT16_OPSET : OPSET,
      ...quantised.nodes.map(({ operator }) => LATER[operator] ?? OPSET),
    ),
    inputs: graph.inputs,
    outputs: graph.outputs.filter((name) => !isCount(graph, name)),
    nodes: writer.nodes,
    tensors: writer.tensors,
  };
}
