/**
 * Damage to ONNX models, by class: what a hostile or broken file may hold. A mutant is a pure function of a model, a
 * class and a seed.
 */
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "../../src/onnx/proto.js";
import { AttributeType, decodeModel, EXTERNAL, encodeModel } from "../../src/onnx/proto.js";
import { operators } from "../../src/ops/index.js";
import { type Random, randomFrom } from "./random.js";

/** In every hostile name; must never be in generated C. */
export const MARKER = "PWNED";

/** Damages `model`, its own copy, or gives other bytes instead. @param bytes of the undamaged model */
type Damage = (model: ModelProto, random: Random, bytes: Uint8Array) => Uint8Array | undefined | void;

/** @param bytes a readable model */
export function mutant(bytes: Uint8Array, damage: string, seed: number): Uint8Array {
  const model = decodeModel(bytes);
  const result = DAMAGES[damage](model, randomFrom(seed), bytes);
  return result ?? encodeModel(model);
}

// What a model consists of ----------------------------------------------------------------------------------------

const graphOf = (model: ModelProto): GraphProto => {
  model.graph ??= {};
  return model.graph;
};

const nodesOf = (model: ModelProto): NodeProto[] => (graphOf(model).node ??= []);

/** Of the graph or, where it has none, a new one. */
function anyNode(model: ModelProto, random: Random): NodeProto {
  const nodes = nodesOf(model);
  if (nodes.length === 0) nodes.push({ opType: "Relu", input: ["x"], output: ["y"] });
  return random.pick(nodes);
}

function initializers(model: ModelProto): TensorProto[] {
  return (graphOf(model).initializer ??= []);
}

/** Initializers and tensors of attributes. */
function tensorsOf(model: ModelProto): TensorProto[] {
  const inAttributes = nodesOf(model).flatMap((node) => (node.attribute ?? []).flatMap((a) => a.t ?? []));
  return [...initializers(model), ...inAttributes];
}

function anyTensor(model: ModelProto, random: Random, wanted: (tensor: TensorProto) => boolean = () => true) {
  const all = tensorsOf(model).filter(wanted);
  if (all.length > 0) return random.pick(all);
  // A model without such a tensor gets one, and reads it where it can.
  const tensor: TensorProto = { name: "extra_tensor", dataType: 1, dims: [1], rawData: rawFloats([1]) };
  initializers(model).push(tensor);
  const node = anyNode(model, random);
  if (node.input?.length) node.input[random.below(node.input.length)] = "extra_tensor";
  return tensor;
}

function interfaceOf(model: ModelProto): ValueInfoProto[] {
  const graph = graphOf(model);
  return [...(graph.input ?? []), ...(graph.output ?? [])];
}

function anyInput(model: ModelProto, random: Random): ValueInfoProto {
  const graph = graphOf(model);
  if (!graph.input?.length) graph.input = [{ name: "x" }];
  return random.pick(graph.input);
}

function setShape(value: ValueInfoProto, dims: readonly (number | string)[]): void {
  const elemType = value.type?.tensorType?.elemType ?? 1;
  const dim = dims.map((d) => (typeof d === "string" ? { dimParam: d } : { dimValue: d }));
  value.type = { tensorType: { elemType, shape: { dim } } };
}

const shapeOf = (value: ValueInfoProto): number[] =>
  (value.type?.tensorType?.shape?.dim ?? []).map((dim) => Number(dim.dimValue ?? 1) || 1);

/** Every value name of the graph and its nodes. */
function valueNames(model: ModelProto): string[] {
  const graph = graphOf(model);
  const names = [
    ...interfaceOf(model).map(({ name }) => name),
    ...initializers(model).map(({ name }) => name),
    ...(graph.node ?? []).flatMap((node) => node.output ?? []),
  ];
  return [...new Set(names)].filter((name): name is string => !!name);
}

function rename(model: ModelProto, newName: (old: string) => string): void {
  const graph = graphOf(model);
  const names = new Map<string, string>();
  const now = (name: string | null | undefined): string => {
    if (!name) return "";
    if (!names.has(name)) names.set(name, newName(name));
    return names.get(name)!;
  };
  const inGraph = (part: GraphProto) => {
    part.name = now(part.name || "graph");
    for (const list of [part.input, part.output, part.valueInfo, part.initializer]) {
      for (const value of (list ?? []) as { name?: string | null; docString?: string | null }[]) {
        value.name = now(value.name);
        value.docString = newName("doc");
      }
    }
    for (const node of part.node ?? []) {
      node.name = newName("node");
      node.docString = newName("doc");
      node.input = node.input?.map(now);
      node.output = node.output?.map(now);
      for (const attribute of node.attribute ?? []) {
        attribute.docString = newName("doc");
        if (attribute.t) attribute.t.name = newName("tensor");
        if (attribute.g) inGraph(attribute.g);
      }
    }
  };
  inGraph(graph);
  Object.assign(model, { producerName: newName("p"), producerVersion: newName("v"), docString: newName("d") });
  model.metadataProps = [{ key: newName("key"), value: newName("value") }];
}

// Values that hurt ------------------------------------------------------------------------------------------------

const rawFloats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);

const HOSTILE = [
  `*/ ${MARKER} /*`,
  `"; ${MARKER}(); //`,
  `\n#include "${MARKER}"\n`,
  `../../../${MARKER}`,
  `${MARKER}\\`,
  `\u2028${MARKER}\u0000\u001b[31m`,
  `__proto__${MARKER}`,
  `%s%n${MARKER}{{{x}}}`,
  `';${MARKER}--<script>`,
  `??/\n${MARKER}`,
];

/** 64-bit integers as protobufjs takes them; those beyond 2^53 by their halves. */
const INT64_MAX = { low: -1, high: 0x7fffffff, unsigned: false };
const INT64_MIN = { low: 0, high: -0x80000000, unsigned: false };
const INTEGERS = [
  ...[-1, 0, 1, 2, 3, 5, 7, 17, 64, 255, 1000, 65536, 2 ** 24, 2 ** 26 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40],
  ...[-2, -3, -7, -1000, -(2 ** 31), -(2 ** 40), 2 ** 53 - 1, INT64_MAX, INT64_MIN],
];
const FLOATS = [
  ...[0, -0, 1, -1, 0.5, 1e-45, -1e-40, 1e-38, 3.4e38, -3.4e38, 1e10, 2 ** 31, 2 ** -126],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];
const ELEMENT_TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 99, -1, 2 ** 30];
/** Bytes per element of those that the compiler reads. */
const BYTES: Readonly<Record<number, number>> = {
  ...{ 1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2 },
};
const WEIGHT_LIMIT = 2 ** 16;
const HUGE_SHAPES = [
  [2 ** 31],
  [65536, 65536],
  [2 ** 20, 2 ** 20, 2 ** 20],
  [1, 2 ** 31 - 1],
  [2 ** 26],
  [1, 1, 8192, 8192],
  [2 ** 26 + 1],
  [1, 3, 40_000, 40_000],
  [0, 2 ** 40],
  [2 ** 13, 2 ** 12],
];

/** Attributes that operators have, or that only the compiler's own graphs have, or that JavaScript objects have. */
const ATTRIBUTE_NAMES = [
  ...[
    "axis",
    "axes",
    "perm",
    "pads",
    "strides",
    "dilations",
    "kernel_shape",
    "group",
    "auto_pad",
    "ceil_mode",
    "alpha",
  ],
  ...["beta", "epsilon", "keepdims", "to", "value", "value_ints", "value_floats", "value_string", "shape", "transA"],
  ...["transB", "mode", "count_include_pad", "output_shape", "output_padding", "storage_order", "exclusive", "p"],
  ...["direction", "hidden_size", "activations", "num_heads", "num_outputs", "split", "k", "largest", "sorted", "seed"],
  ...[
    "blocksize",
    "batch_dims",
    "equation",
    "allowzero",
    "start",
    "end",
    "scales",
    "sizes",
    "starts",
    "ends",
    "detect_negative",
  ],
  ...["channels_last", "fused_min", "fused_max", "min", "max", "sum", "repeats", "noop_with_empty_axes", "saturate"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "length", "", MARKER],
];

function anyAttributeValue(random: Random): AttributeProto {
  const ints = () => Array.from({ length: random.between(0, 5) }, () => random.pick(INTEGERS) as number);
  const floats = () => Array.from({ length: random.between(0, 5) }, () => random.pick(FLOATS));
  const text = () => new TextEncoder().encode(random.pick([...HOSTILE, "SAME_UPPER", "linear", "", "NOTSET"]));
  return random.pick<() => AttributeProto>([
    () => ({ type: AttributeType.INT, i: random.pick(INTEGERS) as number }),
    () => ({ type: AttributeType.INT, i: random.between(-3, 4) }),
    () => ({ type: AttributeType.INTS, ints: ints() }),
    () => ({
      type: AttributeType.INTS,
      ints: Array.from({ length: random.between(0, 5) }, () => random.between(-2, 4)),
    }),
    () => ({ type: AttributeType.FLOAT, f: random.pick(FLOATS) }),
    () => ({ type: AttributeType.FLOATS, floats: floats() }),
    () => ({ type: AttributeType.STRING, s: text() }),
    () => ({ type: AttributeType.STRING, s: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80) }),
    () => ({ type: AttributeType.STRINGS, strings: [text(), text()] }),
    () => ({ type: AttributeType.TENSOR, t: { dataType: 1, dims: [2], rawData: rawFloats([1, 2]) } }),
    () => ({ type: AttributeType.TENSOR, t: { dataType: 7, dims: [], int64Data: [random.pick(INTEGERS) as number] } }),
    () => ({ type: AttributeType.TENSOR, t: { dataType: 1, dims: [0] } }),
    () => ({ type: AttributeType.TENSORS, tensors: [{ dataType: 1, dims: [0] }] }),
    () => ({ type: AttributeType.GRAPH, g: { name: "g", output: [] } }),
    () => ({ type: AttributeType.INT }),
    () => ({ type: 99 }),
    () => ({}),
  ])();
}

/** An attribute of the model; a node without one gets one. */
function anyAttribute(model: ModelProto, random: Random): AttributeProto {
  const nodes = nodesOf(model).filter((node) => node.attribute?.length);
  if (nodes.length > 0) return random.pick(random.pick(nodes).attribute!);
  const attribute: AttributeProto = { name: random.pick(ATTRIBUTE_NAMES), type: AttributeType.INT, i: 1 };
  anyNode(model, random).attribute = [attribute];
  return attribute;
}

/** Integers of a tensor of int32 or int64, however they are stored; undefined for other tensors. */
function isInteger(tensor: TensorProto): boolean {
  return tensor.dataType === 7 || tensor.dataType === 6;
}

const countOf = (tensor: TensorProto) => (tensor.dims ?? []).reduce<number>((n, d) => n * Number(d), 1);

function setIntegers(tensor: TensorProto, values: readonly unknown[]): void {
  tensor.rawData = new Uint8Array();
  tensor.int32Data = [];
  tensor.int64Data = [];
  if (tensor.dataType === 6) tensor.int32Data = values.map((v) => (typeof v === "number" ? v | 0 : -1));
  else tensor.int64Data = values as number[];
}

function integersOf(tensor: TensorProto): unknown[] {
  if (!tensor.rawData?.length) return [...((tensor.dataType === 6 ? tensor.int32Data : tensor.int64Data) ?? [])];
  const { buffer } = Uint8Array.from(tensor.rawData.subarray(0, tensor.rawData.length & ~7));
  return tensor.dataType === 6 ? [...new Int32Array(buffer)] : [...new BigInt64Array(buffer)].map(Number);
}

/** The float32 values of a tensor as a writable array that belongs to it, or undefined. */
function floatsOf(tensor: TensorProto): Float32Array | undefined {
  if (tensor.dataType !== 1) return undefined;
  const values = tensor.rawData?.length
    ? new Float32Array(Uint8Array.from(tensor.rawData).buffer.slice(0, tensor.rawData.length & ~3))
    : Float32Array.from(tensor.floatData ?? []);
  if (values.length === 0) return undefined;
  tensor.floatData = [];
  tensor.rawData = new Uint8Array(values.buffer);
  return values;
}

/** Data of zeros for the tensor's type and dims. */
function fillZeros(tensor: TensorProto): void {
  const count = Math.min(WEIGHT_LIMIT, Math.max(0, countOf(tensor)));
  Object.assign(tensor, { floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [] });
  tensor.rawData = new Uint8Array(count * (BYTES[tensor.dataType ?? 0] ?? 1));
}

/** Adds a node that reads `input` before the first graph output, so that its result is the output. */
function appendToOutput(model: ModelProto, make: (from: string, to: string) => NodeProto[]): void {
  const graph = graphOf(model);
  const output = graph.output?.[0]?.name ?? "y";
  const inner = `${output}_inner`;
  for (const node of nodesOf(model)) {
    node.output = node.output?.map((name) => (name === output ? inner : name));
    node.input = node.input?.map((name) => (name === output ? inner : name));
  }
  if (graph.output?.[0]) graph.output[0] = { name: output };
  nodesOf(model).push(...make(inner, output));
}

function addInts(model: ModelProto, name: string, values: readonly number[]): string {
  initializers(model).push({ name, dataType: 7, dims: [values.length], int64Data: [...values] });
  return name;
}

function addFloats(model: ModelProto, name: string, dims: readonly number[], values: readonly number[]): string {
  initializers(model).push({ name, dataType: 1, dims: [...dims], rawData: rawFloats(values) });
  return name;
}

// The wire format -------------------------------------------------------------------------------------------------

interface Field {
  /** Offset of the tag, of what follows it, and of the end. */
  readonly tag: number;
  readonly body: number;
  readonly end: number;
  readonly wireType: number;
}

function readVarint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, i = at; i < bytes.length && shift < 49; i++, shift += 7) {
    value += (bytes[i] & 127) * 2 ** shift;
    if (bytes[i] < 128) return [value, i + 1];
  }
  return [Number.NaN, at];
}

/** The fields of the message in [from, to), and of those in it that may be messages; undefined when it is none. */
function fieldsIn(bytes: Uint8Array, from: number, to: number, depth = 0): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = from; at < to; ) {
    const [tag, body] = readVarint(bytes, at);
    const wireType = tag % 8;
    let end = body;
    if (!(tag >= 8)) return undefined;
    if (wireType === 0) end = readVarint(bytes, body)[1];
    else if (wireType === 1) end = body + 8;
    else if (wireType === 5) end = body + 4;
    else if (wireType === 2) {
      const [length, start] = readVarint(bytes, body);
      end = start + length;
      if (!(end <= to)) return undefined;
      // Long contents are weights.
      if (depth < 4 && (depth < 1 || length < 4000)) fields.push(...(fieldsIn(bytes, start, end, depth + 1) ?? []));
    } else return undefined;
    if (end > to) return undefined;
    fields.push({ tag: at, body, end, wireType });
    at = end;
  }
  return fields;
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: readonly number[] | Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), Uint8Array.from(insert), bytes.subarray(at + remove)]));
}

const bytesAtRandom = (random: Random, count: number) => Array.from({ length: count }, () => random.below(256));

/** Where damage hits structure rather than weights: mostly the first bytes and the last. */
function position(bytes: Uint8Array, random: Random): number {
  const span = Math.min(bytes.length, random.chance(0.5) ? 400 : bytes.length);
  return random.chance(0.5) ? random.below(span) : bytes.length - 1 - random.below(span);
}

function anyField(bytes: Uint8Array, random: Random): Field {
  const fields = fieldsIn(bytes, 0, bytes.length) ?? [];
  return fields.length > 0 ? random.pick(fields) : { tag: 0, body: 1, end: bytes.length, wireType: 2 };
}

// The classes -----------------------------------------------------------------------------------------------------

const BYTE_DAMAGES: Readonly<Record<string, Damage>> = {
  "truncated file": (_, random, bytes) => bytes.slice(0, random.below(bytes.length)),
  "changed bits": (_, random, bytes) => {
    const result = Uint8Array.from(bytes);
    for (let i = random.between(1, 8); i > 0; i--) result[position(bytes, random)] ^= 1 << random.below(8);
    return result;
  },
  "inserted bytes": (_, random, bytes) =>
    splice(bytes, position(bytes, random), 0, bytesAtRandom(random, random.between(1, 40))),
  "deleted bytes": (_, random, bytes) => splice(bytes, position(bytes, random), random.between(1, 40), []),
  "random bytes": (_, random) => Uint8Array.from(bytesAtRandom(random, random.below(300))),
  "over-long varint": (_, random, bytes) => {
    const field = anyField(bytes, random);
    const at = random.chance(0.5) ? field.tag : field.body;
    const [, next] = readVarint(bytes, at);
    const padding = new Array<number>(random.between(1, 12)).fill(0x80);
    return splice(bytes, next - 1, 1, [bytes[next - 1] | 0x80, ...padding.slice(1), 0]);
  },
  "wrong wire type": (_, random, bytes) => {
    const result = Uint8Array.from(bytes);
    const { tag } = anyField(bytes, random);
    result[tag] = (result[tag] & ~7) | random.below(8);
    return result;
  },
  "wrong length": (_, random, bytes) => {
    const field = anyField(bytes, random);
    const result = Uint8Array.from(bytes);
    result[field.body] = random.pick([0, 1, 127, 255, result[field.body] + 1, result[field.body] - 1]);
    return result;
  },
  "other field number": (_, random, bytes) => {
    const result = Uint8Array.from(bytes);
    const { tag } = anyField(bytes, random);
    result[tag] = (result[tag] & 7) | (random.below(16) << 3);
    return result;
  },
  "unknown fields": (_, random, bytes) => {
    const unknown = random.pick([
      [0xf8, 0xff, 0xff, 0xff, 0x0f, 1],
      [0x82, 0x7d, 3, 1, 2, 3],
      [0x81, 0x7d, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x85, 0x7d, 1, 2, 3, 4],
      [0x83, 0x7d, 0x84, 0x7d],
    ]);
    return splice(bytes, random.chance(0.5) ? bytes.length : anyField(bytes, random).tag, 0, unknown);
  },
  "repeated field": (_, random, bytes) => {
    // protobuf merges a second message of a field that is not repeated into the first.
    const field = anyField(bytes, random);
    return random.chance(0.2)
      ? splice(bytes, 0, 0, bytes)
      : splice(bytes, field.end, 0, bytes.slice(field.tag, field.end));
  },
};

const NAME_DAMAGES: Readonly<Record<string, Damage>> = {
  "hostile names": (model, random) => {
    let count = 0;
    rename(model, () => `${random.pick(HOSTILE)}${count++}`);
  },
  "hostile text": (model, random) => {
    const text = () => random.pick(HOSTILE);
    const node = anyNode(model, random);
    random.pick([
      () => (node.opType = text()),
      () => (node.domain = text()),
      () => (node.attribute ??= []).push({ name: text(), type: AttributeType.INT, i: 1 }),
      () => (anyAttribute(model, random).name = text()),
      () =>
        Object.assign(anyAttribute(model, random), { type: AttributeType.STRING, s: new TextEncoder().encode(text()) }),
      () => setShape(anyInput(model, random), [1, text()]),
      () => (model.opsetImport ??= []).push({ domain: text(), version: 1 }),
      () => (model.domain = text()),
      () => (node.name = text().repeat(10_000)),
      () => (node.input ??= []).push(text()),
    ])();
  },
  "missing names": (model, random) => {
    const node = anyNode(model, random);
    random.pick([
      () => (anyInput(model, random).name = ""),
      () => (anyTensor(model, random).name = ""),
      () => (node.name = ""),
      () => (node.opType = ""),
      () => (node.output = node.output?.map(() => "")),
      () => {
        for (const value of interfaceOf(model)) delete value.name;
      },
      () => {
        for (const tensor of initializers(model)) delete tensor.name;
      },
      () => {
        for (const each of nodesOf(model)) delete each.name;
      },
    ])();
  },
  "duplicated names": (model, random) => {
    const names = valueNames(model);
    const node = anyNode(model, random);
    random.pick([
      () => (anyInput(model, random).name = random.pick(names)),
      () => (anyTensor(model, random).name = random.pick(names)),
      () => (node.output = [random.pick(names)]),
      () => initializers(model).push({ ...anyTensor(model, random) }),
      () => {
        for (const each of nodesOf(model)) each.name = "same";
      },
      () => graphOf(model).output?.push({ ...random.pick(graphOf(model).output ?? []) }),
      () => graphOf(model).input?.push({ ...anyInput(model, random) }),
      () => graphOf(model).input?.push({ ...anyInput(model, random), name: anyTensor(model, random).name }),
    ])();
  },
  "values that nothing provides": (model, random) => {
    const node = anyNode(model, random);
    random.pick([
      () => {
        if (node.input?.length) node.input[random.below(node.input.length)] = "nowhere";
      },
      () => initializers(model).splice(random.below(initializers(model).length || 1), 1),
      () => (graphOf(model).output = [{ name: "nowhere" }]),
      () => graphOf(model).input?.pop(),
    ])();
  },
};

const GRAPH_DAMAGES: Readonly<Record<string, Damage>> = {
  cycle: (model, random) => {
    const nodes = nodesOf(model);
    const at = random.below(nodes.length || 1);
    const later = nodes[random.between(at, Math.max(at, nodes.length - 1))];
    const node = nodes[at];
    if (node?.input?.length && later?.output?.length) node.input[random.below(node.input.length)] = later.output[0];
  },
  "other edges": (model, random) => {
    for (let i = random.between(1, 4); i > 0; i--) {
      const node = anyNode(model, random);
      if (node.input?.length) node.input[random.below(node.input.length)] = random.pick([...valueNames(model), ""]);
    }
  },
  "removed node": (model, random) => {
    nodesOf(model).splice(random.below(nodesOf(model).length || 1), random.between(1, 2));
  },
  "bypassed node": (model, random) => {
    const nodes = nodesOf(model);
    const [gone] = nodes.splice(random.below(nodes.length || 1), 1);
    const to = gone?.input?.[0] ?? "";
    for (const node of nodes) node.input = node.input?.map((name) => (name === gone?.output?.[0] ? to : name));
  },
  "duplicated node": (model, random) => {
    const node = anyNode(model, random);
    const output = random.chance(0.5) ? node.output : node.output?.map((name) => `${name}_copy`);
    nodesOf(model).splice(random.below(nodesOf(model).length), 0, { ...node, output });
  },
  "shuffled nodes": (model, random) => {
    graphOf(model).node = random.shuffle(nodesOf(model));
  },
  "no graph or nodes": (model, random) => {
    random.pick([
      () => delete model.graph,
      () => (graphOf(model).node = []),
      () => (graphOf(model).output = []),
      () => (graphOf(model).input = []),
      () => (graphOf(model).initializer = []),
    ])();
  },
  "other operator": (model, random) => {
    anyNode(model, random).opType = random.pick([
      ...operators.keys(),
      ...["If", "Loop", "Scan", "Optional", "SequenceAt", "StringNormalizer", "Nope", "__proto__", "constructor"],
    ]);
  },
  "other operators": (model, random) => {
    const names = [...operators.keys()];
    for (const node of nodesOf(model)) if (random.chance(0.3)) node.opType = random.pick(names);
  },
  "other domain": (model, random) => {
    const domain = random.pick(["ai.onnx", "ai.onnx.ml", "com.microsoft", "AI.ONNX", " ", MARKER, "__proto__"]);
    const node = anyNode(model, random);
    node.domain = domain;
    if (random.chance(0.5)) (model.opsetImport ??= []).push({ domain, version: random.between(-1, 30) });
    if (random.chance(0.3)) node.opType = random.pick(["QLinearAdd", "QLinearConv", "Gelu", "FusedConv", "QGemm"]);
  },
  "other opset": (model, random) => {
    const version = random.pick<unknown>([...Array.from({ length: 26 }, (_, i) => i), ...INTEGERS]) as number;
    model.opsetImport = random.pick([
      () => [{ domain: "", version }],
      () => [],
      () => [
        { domain: "", version },
        { domain: "ai.onnx", version: 7 },
      ],
      () => [{ version }],
      () => [{ domain: MARKER, version }],
    ])();
  },
  "missing inputs": (model, random) => {
    const node = anyNode(model, random);
    const inputs = node.input ?? [];
    node.input = random.pick([
      () => [],
      () => inputs.slice(0, -1),
      () => inputs.slice(1),
      () => inputs.map(() => ""),
      () => inputs.map((name) => (random.chance(0.5) ? "" : name)),
    ])();
  },
  "too many inputs": (model, random) => {
    const node = anyNode(model, random);
    const names = valueNames(model);
    const count = random.pick([1, 2, 5, 300]);
    node.input = [...(node.input ?? []), ...Array.from({ length: count }, () => random.pick([...names, ""]))];
  },
  "swapped inputs": (model, random) => {
    const several = nodesOf(model).filter((node) => (node.input?.length ?? 0) > 1);
    const node = several.length > 0 ? random.pick(several) : anyNode(model, random);
    node.input = random.shuffle(node.input ?? []);
  },
  "repeated inputs": (model, random) => {
    const node = anyNode(model, random);
    const name = random.pick([...(node.input ?? []), ...valueNames(model)]);
    node.input = node.input?.map(() => name);
  },
  "odd outputs": (model, random) => {
    const node = anyNode(model, random);
    const graph = graphOf(model);
    random.pick([
      () => (node.output = []),
      () => (node.output = ["", ...(node.output ?? [])]),
      () => (node.output = [...(node.output ?? []), "more_1", "more_2"]),
      () => {
        node.output = [...(node.output ?? []), "more"];
        graph.output?.push({ name: "more" });
      },
      () => (graph.output = valueNames(model).map((name) => ({ name }))),
      () => (graph.output = [{ name: anyInput(model, random).name }]),
      () => graph.output?.push({ name: anyTensor(model, random).name }),
      () => (graph.output = [{ name: random.pick(valueNames(model)) }]),
    ])();
  },
  subgraphs: (model, random) => {
    const node = anyNode(model, random);
    const inner = random.pick(valueNames(model));
    const g: GraphProto = {
      name: MARKER,
      node: [{ opType: random.pick(["Relu", "Add", "If"]), input: [inner, inner], output: ["deep"] }],
      output: [{ name: random.pick(["deep", inner, "nowhere"]) }],
    };
    const name = random.pick(["body", "then_branch", "else_branch", "value", "axis", "pads"]);
    (node.attribute ??= []).push({ name, type: AttributeType.GRAPH, g });
    if (random.chance(0.5)) node.opType = random.pick(["If", "Loop", "Scan", "SequenceMap"]);
    if (random.chance(0.3)) node.attribute.push({ name: "else_branch", type: AttributeType.GRAPH, g });
  },
  "deep nesting": (model, random) => {
    const depth = random.pick([5, 15, 20, 40, 200]);
    let g: GraphProto = { name: "inner", node: [], output: [] };
    for (let i = 0; i < depth; i++) {
      const attribute = [{ name: "then_branch", type: AttributeType.GRAPH, g }];
      g = { name: "g", node: [{ opType: "If", input: [], output: [`d${i}`], attribute }], output: [{ name: `d${i}` }] };
    }
    (anyNode(model, random).attribute ??= []).push({ name: "then_branch", type: AttributeType.GRAPH, g });
  },
  functions: (model, random) => {
    const node = anyNode(model, random);
    const body = [{ opType: random.pick([node.opType ?? "Relu", "Relu"]), input: ["a"], output: ["b"] }];
    const domain = random.pick([node.domain ?? "", "local"]);
    const name = random.pick([node.opType ?? "", "Local", MARKER]);
    model.functions = [{ name, domain, input: ["a"], output: ["b"], node: body, opsetImport: [{ version: 17 }] }];
    if (random.chance(0.4)) Object.assign(node, { opType: name, domain });
    if (random.chance(0.3)) anyAttribute(model, random).refAttrName = "outer";
  },
  "many nodes": (model, random) => {
    const count = random.pick([100, 500, 1500]);
    const operator = random.pick(["Relu", "Neg", "Identity", "Sigmoid", "Add", "Transpose", "Softmax"]);
    appendToOutput(model, (from, to) =>
      Array.from({ length: count }, (_, i) => {
        const input = i === 0 ? from : `chain_${i}`;
        const output = [i === count - 1 ? to : `chain_${i + 1}`];
        return { opType: operator, input: operator === "Add" ? [input, from] : [input], output };
      }),
    );
  },
  "wide graph": (model, random) => {
    const count = random.pick([20, 100, 400]);
    appendToOutput(model, (from, to) => [
      ...Array.from({ length: count }, (_, i) => ({ opType: "Neg", input: [from], output: [`wide_${i}`] })),
      ...Array.from({ length: count }, (_, i) => ({ opType: "Exp", input: [`wide_${i}`], output: [`wider_${i}`] })),
      {
        opType: "Concat",
        input: random.shuffle(Array.from({ length: count }, (_, i) => `wider_${i}`)),
        output: [to],
        attribute: [{ name: "axis", type: AttributeType.INT, i: 0 }],
      },
    ]);
  },
  "lattice of nodes": (model, random) => {
    // Layers in which each node reads two of the layer before: no order of them is obvious.
    const width = random.pick([4, 12, 24]);
    const depth = random.pick([3, 10]);
    appendToOutput(model, (from, to) => {
      const nodes: NodeProto[] = [];
      let layer = new Array<string>(width).fill(from);
      for (let d = 0; d < depth; d++) {
        layer = layer.map((_, i) => {
          const output = `lattice_${d}_${i}`;
          nodes.push({ opType: "Add", input: [random.pick(layer), random.pick(layer)], output: [output] });
          return output;
        });
      }
      return [...nodes, { opType: "Sum", input: layer, output: [to] }];
    });
  },
};

const TENSOR_DAMAGES: Readonly<Record<string, Damage>> = {
  "wrong element type": (model, random) => {
    if (random.chance(0.3)) {
      const input = anyInput(model, random);
      setShape(input, shapeOf(input));
      input.type!.tensorType!.elemType = random.pick(ELEMENT_TYPES);
    } else anyTensor(model, random).dataType = random.pick(ELEMENT_TYPES);
  },
  "other element type": (model, random) => {
    const tensor = anyTensor(model, random);
    tensor.dataType = Number(random.pick(Object.keys(BYTES)));
    fillZeros(tensor);
  },
  "other element types everywhere": (model, random) => {
    const type = Number(random.pick(Object.keys(BYTES)));
    for (const value of interfaceOf(model)) if (value.type?.tensorType) value.type.tensorType.elemType = type;
    for (const tensor of initializers(model)) {
      if (tensor.dataType !== 1 || random.chance(0.2)) continue;
      tensor.dataType = type;
      fillZeros(tensor);
    }
  },
  "negative dimensions": (model, random) => {
    const dim = random.pick<unknown>([-1, -2, -(2 ** 31), INT64_MIN]) as number;
    if (random.chance(0.4)) setShape(anyInput(model, random), [1, dim, 4]);
    else {
      const tensor = anyTensor(model, random);
      tensor.dims = [...(tensor.dims ?? []), dim];
    }
  },
  "huge dimensions": (model, random) => {
    const shape = random.pick(HUGE_SHAPES);
    if (random.chance(0.5)) setShape(anyInput(model, random), shape);
    else anyTensor(model, random).dims = [...shape];
  },
  "huge dimensions in place": (model, random) => {
    const input = anyInput(model, random);
    const shape = shapeOf(input);
    if (shape.length > 0) shape[random.below(shape.length)] = random.pick([100, 5000, 100_000, 2 ** 24, 2 ** 31]);
    setShape(input, shape);
  },
  "overflowing dimensions": (model, random) => {
    const dims = random.pick<unknown[]>([
      [INT64_MAX],
      [2 ** 32, 2 ** 32],
      [2 ** 16, 2 ** 16, 2 ** 32],
      [2 ** 62, 4, 4],
      new Array(200).fill(2 ** 31),
      [2 ** 53, 2 ** 53],
    ]) as number[];
    if (random.chance(0.5)) anyTensor(model, random).dims = dims;
    else setShape(anyInput(model, random), dims);
  },
  "rank 0 and rank 30": (model, random) => {
    const shape = random.pick([
      [],
      new Array(30).fill(1),
      new Array(27).fill(2),
      [...new Array(29).fill(1), 4],
      [1, 1],
    ]);
    if (random.chance(0.5)) setShape(anyInput(model, random), shape);
    else {
      const tensor = anyTensor(model, random);
      tensor.dims = [...shape];
      fillZeros(tensor);
    }
  },
  "other rank of a constant": (model, random) => {
    const tensor = anyTensor(model, random);
    const dims = (tensor.dims ?? []).map(Number);
    tensor.dims = random.pick([
      () => [1, ...dims],
      () => [...dims, 1],
      () => [dims.reduce((a, b) => a * b, 1)],
      () => random.shuffle(dims),
      () => dims.filter((d) => d !== 1),
    ])();
  },
  "empty tensors": (model, random) => {
    if (random.chance(0.3)) {
      const input = anyInput(model, random);
      setShape(
        input,
        shapeOf(input).map((d, i) => (i === 0 ? d : 0)),
      );
      return;
    }
    const tensor = anyTensor(model, random);
    const dims = (tensor.dims ?? []).map(Number);
    if (dims.length === 0) dims.push(0);
    dims[random.below(dims.length)] = 0;
    tensor.dims = dims;
    fillZeros(tensor);
  },
  "other sizes of a constant": (model, random) => {
    const tensor = anyTensor(model, random);
    tensor.dims = (tensor.dims ?? []).map((d) => (random.chance(0.5) ? Number(d) : random.between(1, 5)));
    fillZeros(tensor);
  },
  "data that do not match the shape": (model, random) => {
    const tensor = anyTensor(model, random);
    tensor.dims = (tensor.dims ?? []).map((d) => Number(d) + random.between(-1, 2));
  },
  "raw data of odd length": (model, random) => {
    const tensor = anyTensor(model, random);
    const raw = tensor.rawData ?? new Uint8Array();
    tensor.rawData = random.chance(0.5) ? raw.slice(0, random.below(raw.length || 1)) : splice(raw, 0, 0, [1]);
  },
  "data in the wrong field": (model, random) => {
    const tensor = anyTensor(model, random);
    const count = Math.min(1000, Math.max(0, countOf(tensor)));
    if (random.chance(0.7)) tensor.rawData = new Uint8Array();
    random.pick([
      () => (tensor.floatData = new Array(count).fill(1)),
      () => (tensor.int32Data = new Array(count).fill(300)),
      () => (tensor.int64Data = new Array(count).fill(-1)),
      () => (tensor.doubleData = new Array(count).fill(1e300)),
      () => (tensor.stringData = [Uint8Array.of(255)]),
      () => (tensor.segment = { begin: 0, end: 1 }),
    ])();
  },
  "other input shape": (model, random) => {
    const input = anyInput(model, random);
    const shape = shapeOf(input);
    random.pick([
      () =>
        setShape(
          input,
          shape.map((d) => (random.chance(0.5) ? d : random.between(1, 9))),
        ),
      () =>
        setShape(
          input,
          shape.map((d) => (random.chance(0.5) ? d : "n")),
        ),
      () => setShape(input, shape.slice(1)),
      () => setShape(input, [...shape, 1]),
      () => setShape(input, [2, ...shape.slice(1)]),
      () => setShape(input, random.shuffle(shape)),
      () => (input.type = {}),
      () => delete input.type,
      () => (input.type = { tensorType: { elemType: 1 } }),
      () => (input.type = { sequenceType: { elemType: { tensorType: { elemType: 1 } } } }),
    ])();
  },
  "value_info that lies": (model, random) => {
    const elemType = random.pick([1, 3, 7, 9]);
    const dim = random.pick([[], [{ dimValue: 7 }], [{ dimValue: -1 }], [{ dimParam: MARKER }]]);
    graphOf(model).valueInfo = valueNames(model).map((name) => ({
      name,
      type: { tensorType: { elemType, shape: { dim } } },
    }));
    const [output] = graphOf(model).output ?? [];
    if (output && random.chance(0.5)) output.type = { tensorType: { elemType, shape: { dim } } };
  },
  "sparse tensors and annotations": (model, random) => {
    const tensor = anyTensor(model, random);
    const graph = graphOf(model);
    if (random.chance(0.5)) graph.sparseInitializer = [{ values: tensor, indices: tensor, dims: [4] }];
    else {
      graph.quantizationAnnotation = [
        { tensorName: tensor.name, quantParameterTensorNames: [{ key: "SCALE_TENSOR", value: "nowhere" }] },
      ];
    }
  },
  "external data": (model, random) => {
    const tensor = anyTensor(model, random);
    const location = random.pick([
      ...["../secret.bin", "/etc/passwd", "link.bin", "up/secret.bin", "..", ".", "", "a\0b", "/dev/zero", "fifo"],
      ...["short.bin", "././short.bin", `${MARKER}/../../secret.bin`, "\\\\host\\share", "file:///etc/passwd"],
    ]);
    tensor.dataLocation = EXTERNAL;
    tensor.rawData = new Uint8Array();
    const number = () => random.pick(["0", "-1", "1e9", "99999999999999999999", "4", "nan", ""]);
    tensor.externalData = [{ key: "location", value: location }];
    if (random.chance(0.5)) tensor.externalData.push({ key: "offset", value: number() });
    if (random.chance(0.5)) tensor.externalData.push({ key: "length", value: number() });
    if (random.chance(0.2)) tensor.dims = [...random.pick(HUGE_SHAPES)];
  },
};

/** Names of values that nodes take as scales: input positions of the quantisation operators. */
function scaleTensors(model: ModelProto): TensorProto[] {
  const names = new Set<string>();
  for (const node of nodesOf(model)) {
    if (/Quantize|QLinear|QGemm|Integer/.test(node.opType ?? "")) for (const name of node.input ?? []) names.add(name);
  }
  return initializers(model).filter(({ name, dataType }) => dataType === 1 && names.has(name ?? ""));
}

const VALUE_DAMAGES: Readonly<Record<string, Damage>> = {
  "weights that are not finite": (model, random) => {
    const values = floatsOf(anyTensor(model, random, ({ dataType }) => dataType === 1));
    if (values) values[random.below(values.length)] = random.pick([Number.NaN, Infinity, -Infinity]);
  },
  "denormal and extreme weights": (model, random) => {
    const values = floatsOf(anyTensor(model, random, ({ dataType }) => dataType === 1));
    const all = random.chance(0.5);
    const value = random.pick([1e-45, -1e-40, 3.4e38, -3.4e38, 0, -0, 1e20, 1e-20]);
    values?.forEach((_, i) => {
      if (all || random.chance(0.1)) values[i] = value;
    });
  },
  "bad scales": (model, random) => {
    const scales = scaleTensors(model);
    const tensor = scales.length > 0 ? random.pick(scales) : anyTensor(model, random, (t) => t.dataType === 1);
    const values = floatsOf(tensor);
    if (values)
      values[random.below(values.length)] = random.pick([0, -0, -1, 1e-45, 1e-38, 3e38, Infinity, Number.NaN]);
  },
  "bad scales and zero points": (model, random) => {
    const node =
      random.pick(nodesOf(model).filter(({ opType }) => /Linear|QGemm/.test(opType ?? ""))) ?? anyNode(model, random);
    const names = new Set(node.input ?? []);
    const taken = initializers(model).filter(({ name }) => names.has(name ?? ""));
    if (taken.length === 0) return;
    const tensor = random.pick(taken);
    random.pick([
      () => {
        tensor.dims = [random.between(0, 5)];
        fillZeros(tensor);
      },
      () => {
        tensor.dataType = random.pick([2, 3, 4, 5, 6, 7, 9, 10]);
        fillZeros(tensor);
      },
      () => (tensor.rawData = Uint8Array.from(tensor.rawData ?? [], () => random.below(256))),
      () => (node.attribute = [{ name: "axis", type: AttributeType.INT, i: random.between(-5, 5) }]),
      () => (node.input = node.input?.slice(0, random.between(1, 8))),
    ])();
  },
  "absurd integer constants": (model, random) => {
    const tensor = anyTensor(model, random, isInteger);
    const values = integersOf(tensor);
    if (values.length > 0 && random.chance(0.8)) {
      const at = random.below(values.length);
      values[at] = random.chance(0.5) ? random.pick<unknown>(INTEGERS) : random.between(-4, 6);
    } else {
      values.push(random.pick<unknown>(INTEGERS));
      tensor.dims = [values.length];
    }
    setIntegers(tensor, values);
  },
  "random weights": (model, random) => {
    const tensor = anyTensor(model, random);
    if (tensor.rawData?.length) tensor.rawData = Uint8Array.from(tensor.rawData, () => random.below(256));
  },
  "huge constants by computation": (model, random) => {
    const size = random.pick([1000, 4096, 30_000, 2 ** 24, 2 ** 31, 2 ** 40]);
    const ones = addFloats(model, "blow_one", [1, 1], [1]);
    const shape = addInts(model, "blow_shape", random.pick([[size], [size, size], [1, size], [size, 1, 1]]));
    const factors = addInts(model, "blow_factors", [size, random.pick([1, 64, size])]);
    const end = addFloats(model, "blow_end", [], [size]);
    const zero = addFloats(model, "blow_zero", [], [0]);
    const step = addFloats(model, "blow_step", [], [random.pick([1, 1e-6, -1, 0, 1e-45])]);
    const pads = addInts(model, "blow_pads", [size, size, size, 1]);
    const indices = addInts(model, "blow_indices", new Array(random.pick([1, 1000])).fill(0));
    const int = (name: string, i: number): AttributeProto => ({ name, type: AttributeType.INT, i });
    const make: NodeProto[] = [
      { opType: "ConstantOfShape", input: [shape], output: ["blown"] },
      { opType: "Expand", input: [ones, shape], output: ["blown"] },
      { opType: "Tile", input: [ones, factors], output: ["blown"] },
      { opType: "Range", input: [zero, end, step], output: ["blown"] },
      { opType: "Pad", input: [ones, pads], output: ["blown"] },
      { opType: "Resize", input: [ones, "", "", factors], output: ["blown"] },
      { opType: "EyeLike", input: [shape], output: ["blown"] },
      { opType: "Gather", input: [ones, indices], output: ["blown"] },
      { opType: "OneHot", input: [indices, shape, zero], output: ["blown"] },
      { opType: "HannWindow", input: [shape], output: ["blown"] },
    ];
    const nodes = [random.pick(make)];
    let last = "blown";
    for (let i = random.pick([0, 1, 4, 20]); i > 0; i--) {
      const output = `blown_${i}`;
      const operator = random.pick(["Concat", "Add", "MatMul", "Mul", "Exp", "Transpose", "Gemm", "Softmax"]);
      const attribute = operator === "Concat" ? [int("axis", 0)] : [];
      const input = /Exp|Transpose|Softmax/.test(operator) ? [last] : [last, last];
      nodes.push({ opType: operator, input, output: [output], attribute });
      last = output;
    }
    appendToOutput(model, (from, to) => [
      ...nodes,
      {
        opType: random.pick(["Add", "MatMul", "Concat"]),
        input: [from, last],
        output: [to],
        attribute: [int("axis", 0)],
      },
    ]);
  },
  "huge values at run time": (model, random) => {
    const size = random.pick([10, 300, 4096, 2 ** 20, 2 ** 31]);
    const rank = shapeOf(graphOf(model).output?.[0] ?? {}).length;
    const factors = addInts(
      model,
      "blow_factors",
      Array.from({ length: rank }, () => random.pick([1, size])),
    );
    const pads = addInts(
      model,
      "blow_pads",
      Array.from({ length: 2 * rank }, () => random.pick([0, size])),
    );
    const operator = random.pick(["Tile", "Expand", "Pad", "Resize", "Upsample", "Reshape"]);
    const scales = addFloats(model, "blow_scales", [rank], new Array(rank).fill(size));
    const input = {
      ...{
        Tile: [factors],
        Expand: [factors],
        Pad: [pads],
        Resize: ["", scales],
        Upsample: [scales],
        Reshape: [factors],
      },
    }[operator]!;
    appendToOutput(model, (from, to) => [{ opType: operator, input: [from, ...input], output: [to] }]);
  },
};

const ATTRIBUTE_DAMAGES: Readonly<Record<string, Damage>> = {
  "absurd attribute values": (model, random) => {
    const attribute = anyAttribute(model, random);
    if (attribute.ints?.length)
      attribute.ints[random.below(attribute.ints.length)] = random.pick<unknown>(INTEGERS) as number;
    else if (attribute.floats?.length) attribute.floats[random.below(attribute.floats.length)] = random.pick(FLOATS);
    else if (attribute.type === AttributeType.INT) attribute.i = random.pick<unknown>(INTEGERS) as number;
    else if (attribute.type === AttributeType.FLOAT) attribute.f = random.pick(FLOATS);
    else if (attribute.type === AttributeType.STRING) attribute.s = new TextEncoder().encode(random.pick(HOSTILE));
    else Object.assign(attribute, anyAttributeValue(random));
  },
  "other attribute values": (model, random) => {
    const attribute = anyAttribute(model, random);
    if (attribute.ints?.length) attribute.ints = attribute.ints.map(() => random.between(-2, 5));
    else if (attribute.type === AttributeType.INT) attribute.i = random.between(-5, 6);
    else if (attribute.type === AttributeType.FLOAT) attribute.f = random.between(-3, 3) / 2;
  },
  "attributes of another kind": (model, random) => {
    const attribute = anyAttribute(model, random);
    const { name } = attribute;
    for (const key of Object.keys(attribute)) delete attribute[key as keyof AttributeProto];
    Object.assign(attribute, anyAttributeValue(random), { name });
  },
  "attributes of another type number": (model, random) => {
    anyAttribute(model, random).type = random.pick<number>([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 99,
    ]) as AttributeProto["type"];
  },
  "missing attributes": (model, random) => {
    const node = random.pick(nodesOf(model).filter(({ attribute }) => attribute?.length)) ?? anyNode(model, random);
    const list = node.attribute ?? [];
    node.attribute = random.chance(0.3) ? [] : list.filter((_, i) => i !== random.below(list.length));
  },
  "attribute lists of another length": (model, random) => {
    const lists = nodesOf(model).flatMap(({ attribute }) => (attribute ?? []).filter((a) => a.ints?.length));
    const attribute = lists.length > 0 ? random.pick(lists) : anyAttribute(model, random);
    const ints = [...(attribute.ints ?? [])];
    attribute.type = AttributeType.INTS;
    attribute.ints = random.pick([
      () => [],
      () => ints.slice(1),
      () => [...ints, 1],
      () => [...ints, ...ints],
      () => new Array(30).fill(1),
    ])();
  },
  "attributes of other operators": (model, random) => {
    const node = anyNode(model, random);
    for (let i = random.between(1, 3); i > 0; i--) {
      (node.attribute ??= []).push({ ...anyAttributeValue(random), name: random.pick(ATTRIBUTE_NAMES) });
    }
  },
  "extreme windows": (model, random) => {
    const windowed = nodesOf(model).filter(({ opType }) => /Conv|Pool|Col2Im|Deform/.test(opType ?? ""));
    const node = windowed.length > 0 ? random.pick(windowed) : anyNode(model, random);
    if (windowed.length === 0) node.opType = random.pick(["MaxPool", "AveragePool", "Conv", "ConvTranspose", "LpPool"]);
    const name = random.pick([
      "group",
      "strides",
      "dilations",
      "pads",
      "kernel_shape",
      "output_padding",
      "output_shape",
    ]);
    const rank = random.pick([1, 2, 2, 2, 2, 3]);
    const one = () => random.pick<unknown>([...INTEGERS, 100, 300, 1000]) as number;
    const some = () => (random.chance(0.5) ? one() : random.between(0, 3));
    node.attribute = (node.attribute ?? []).filter((attribute) => attribute.name !== name);
    if (name === "group") node.attribute.push({ name, type: AttributeType.INT, i: one() });
    else {
      const length = name === "pads" ? 2 * rank : rank;
      node.attribute.push({ name, type: AttributeType.INTS, ints: Array.from({ length }, some) });
    }
    if (random.chance(0.2)) {
      const mode = new TextEncoder().encode(random.pick(["SAME_UPPER", "SAME_LOWER", "VALID", "same"]));
      node.attribute.push({ name: "auto_pad", type: AttributeType.STRING, s: mode });
    }
  },
};

const SINGLE: Readonly<Record<string, Damage>> = {
  ...BYTE_DAMAGES,
  ...NAME_DAMAGES,
  ...GRAPH_DAMAGES,
  ...TENSOR_DAMAGES,
  ...VALUE_DAMAGES,
  ...ATTRIBUTE_DAMAGES,
};
const STRUCTURAL = Object.values({
  ...NAME_DAMAGES,
  ...GRAPH_DAMAGES,
  ...TENSOR_DAMAGES,
  ...VALUE_DAMAGES,
  ...ATTRIBUTE_DAMAGES,
});

/** Every class of damage. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  ...SINGLE,
  "several damages": (model, random) => {
    for (let i = random.between(2, 4); i > 0; i--) random.pick(STRUCTURAL)(model, random, new Uint8Array(1));
  },
};
