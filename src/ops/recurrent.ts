/**
 * RNN, GRU and LSTM: one node for all time steps, in one step of the program. The canonical form has layout 0 and every
 * input but the peepholes; what the model leaves out is zero.
 */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Graph, Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { CELLS, type Cell, recurrentKernelName } from "../kernels/families/recurrent.js";
import { dequantizeConstant, type Lowering, type PerTensor, perTensor } from "../lower/lowering.js";
import { ACTIVATIONS, CELL_SCALE, type FunctionTable, functionTable, type Real } from "../numerics/recurrent.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { hasInt8Weights } from "./channels.js";
import type { Operator } from "./operator.js";
import { quantizeData } from "./quantize_linear.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** Positions of inputs that the code names. */
export const INPUT = { x: 0, weights: 1, recurrent: 2, bias: 3, lengths: 4, hidden: 5, cell: 6, peephole: 7 } as const;
/** Positions of outputs. */
export const OUTPUT = { sequence: 0, hidden: 1, cell: 2 } as const;

/** Stored value of 1 in tables of gates, and of one step of the hidden state in tables that give one. */
const ONE = 2 ** 14;
const STEP = 2 ** 7;
/** The same for the function of RNN, whose table goes on beyond the range of the hidden state. */
const RNN_STEP = 2 ** 6;

const cellOf = ({ operator }: Node) => operator.toLowerCase() as Cell;

export const isRecurrent = ({ operator, domain }: Node): boolean =>
  domain === "" && (operator === "RNN" || operator === "GRU" || operator === "LSTM");

interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly in_features: number;
  readonly hidden: number;
  readonly directions: number;
}

function refuseSetting(node: Node, reason: string): never {
  throw new UserError("E_OPERATOR_UNSUPPORTED", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

const DIRECTIONS: Readonly<Record<string, { directions: number; reverse: number }>> = {
  forward: { directions: 1, reverse: 0 },
  reverse: { directions: 1, reverse: 1 },
  bidirectional: { directions: 2, reverse: 0 },
};

function directionsOf(node: Node) {
  const direction = stringAttribute(node, "direction", "forward").toLowerCase();
  const found = Object.hasOwn(DIRECTIONS, direction) ? DIRECTIONS[direction] : undefined;
  return found ?? refuseShape(node, "direction is none of forward, reverse and bidirectional");
}

/** Sizes from the shapes of x, weights and recurrence weights. Throws E_SHAPE. */
function sizesOf(node: Node, x: Tensor, weights: Tensor, recurrent: Tensor): Sizes {
  const { directions } = directionsOf(node);
  const { gates } = CELLS[cellOf(node)];
  const [rank3, w, r] = [x, weights, recurrent].map(({ shape }) => (shape.length === 3 ? shape : undefined));
  if (!rank3 || !w || !r) {
    return refuseShape(node, `X [${x.shape}], W [${weights.shape}] and R [${recurrent.shape}] must have rank 3`);
  }
  const [steps, batch, in_features] = rank3;
  const hidden = intAttribute(node, "hidden_size", r[2]);
  if (hidden !== r[2]) refuseShape(node, `hidden_size is ${hidden}, but R [${r}] has ${r[2]} columns`);
  const expect = (name: string, actual: readonly number[], wanted: readonly number[]) => {
    if (`${actual}` !== `${wanted}`) {
      refuseShape(
        node,
        `${name} of shape [${actual}] should be [${wanted}] (${directions} directions, ${gates} gates, hidden size ${hidden})`,
      );
    }
  };
  expect("W", w, [directions, gates * hidden, in_features]);
  expect("R", r, [directions, gates * hidden, hidden]);
  if ([steps, batch, in_features, hidden].includes(0)) refuseShape(node, `X [${rank3}] or R [${r}] has no elements`);
  return { steps, batch, in_features, hidden, directions };
}

interface Activation {
  /** Index in ACTIVATIONS. */
  readonly index: number;
  readonly alpha: number;
  readonly beta: number;
}

const DEFAULT_FUNCTIONS: Readonly<Record<Cell, readonly string[]>> = {
  rnn: ["Tanh"],
  gru: ["Sigmoid", "Tanh"],
  lstm: ["Sigmoid", "Tanh", "Tanh"],
};

function strings(node: Node, name: string): readonly string[] | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((v) => typeof v === "string")) return value as string[];
  return refuseShape(node, `attribute ${name} must be a list of strings`);
}

function numbers(node: Node, name: string): readonly number[] {
  const value = node.attributes[name] ?? [];
  if (Array.isArray(value) && value.every((v) => typeof v === "number" && Number.isFinite(v))) return value as number[];
  return refuseShape(node, `attribute ${name} must be a list of numbers`);
}

/** The functions of all directions; each takes from activation_alpha and activation_beta what it needs, in order. */
function functionsOf(node: Node): Activation[] {
  const cell = cellOf(node);
  const { directions } = directionsOf(node);
  const names =
    strings(node, "activations") ?? Array.from({ length: directions }, () => DEFAULT_FUNCTIONS[cell]).flat();
  const count = directions * CELLS[cell].functions;
  if (names.length !== count) refuseShape(node, `it has ${names.length} activations and needs ${count}`);
  const given = { alpha: [...numbers(node, "activation_alpha")], beta: [...numbers(node, "activation_beta")] };
  return names.map((name) => {
    const index = ACTIVATIONS.findIndex((known) => known.name.toLowerCase() === name.toLowerCase());
    if (index < 0) {
      const list = ACTIVATIONS.map((known) => known.name).join(", ");
      return refuseSetting(node, `one of its activations is unknown; ONNX has ${list}`);
    }
    const [alpha, beta] = ACTIVATIONS[index].defaults;
    return {
      index,
      alpha: alpha === undefined ? 0 : (given.alpha.shift() ?? alpha),
      beta: beta === undefined ? 0 : (given.beta.shift() ?? beta),
    };
  });
}

/** Settings beyond sizes and functions. */
function settingsOf(node: Node): Readonly<Record<string, number>> {
  const flag = (name: string) => (intAttribute(node, name, 0) !== 0 ? 1 : 0);
  const cell = cellOf(node);
  if (cell === "gru") return { linear_before_reset: flag("linear_before_reset") };
  return cell === "lstm" ? { input_forget: flag("input_forget") } : {};
}

function clipOf(node: Node): number {
  const clip = floatAttribute(node, "clip", Number.POSITIVE_INFINITY);
  return clip > 0 ? clip : refuseShape(node, `clip is ${clip}, it must be above 0`);
}

/** Pads a list for two directions. */
const twice = (node: Node, values: readonly number[]) =>
  Array.from({ length: 2 * CELLS[cellOf(node)].functions }, (_, i) => values[i] ?? 0);

function loopsOf(node: Node, sizes: Sizes, sequence: boolean) {
  const { directions, batch, hidden } = sizes;
  return {
    ...sizes,
    reverse: directionsOf(node).reverse,
    y_step: sequence ? directions * batch * hidden : 0,
    ...settingsOf(node),
  };
}

function macsOf(node: Node, { steps, batch, in_features, hidden, directions }: Sizes): number {
  return directions * batch * steps * CELLS[cellOf(node)].gates * hidden * (in_features + hidden);
}

function sizesIn(node: Node, tensor: (name: string) => Tensor): Sizes {
  const [x, weights, recurrent] = node.inputs.map((name) => (name === "" ? undefined : tensor(name)));
  return sizesOf(node, x!, weights!, recurrent!);
}

/** Rewrites a node into its canonical form. Throws E_SHAPE, E_TYPE, E_OPERATOR_UNSUPPORTED. */
function normalise(node: Node, build: GraphBuilder): void {
  const write = rewriter(node, build);
  const batchFirst = intAttribute(node, "layout", 0) !== 0;
  const timeFirst = (name: string) => (batchFirst ? write.transpose(name, [1, 0, 2]) : name);
  for (const name of [node.inputs[INPUT.x], ...(batchFirst ? node.inputs.slice(INPUT.hidden, INPUT.peephole) : [])]) {
    if (name && build.resolve(name).shape.length !== 3) {
      refuseShape(node, `an input of shape [${build.resolve(name).shape}] must have rank 3`);
    }
  }
  const x = timeFirst(node.inputs[INPUT.x]);
  const [weights, recurrent] = node.inputs.slice(INPUT.weights, INPUT.bias);
  const sizes = sizesOf(node, ...([x, weights, recurrent].map(build.resolve) as [Tensor, Tensor, Tensor]));
  const { steps, batch, hidden, directions } = sizes;
  const isLstm = node.operator === "LSTM";
  const { gates } = CELLS[cellOf(node)];
  const given = (index: number, turn = (name: string) => name) => {
    const tensor = build.optional(node, index);
    return tensor && turn(tensor.name);
  };
  const zeros = (shape: readonly number[]) => write.constant("float32", shape, new Float32Array(elementCount(shape)));
  const state = [directions, batch, hidden];
  const lengths = given(INPUT.lengths) ?? write.constant("int32", [batch], new Array<number>(batch).fill(steps));
  const known = build.resolve(lengths).data;
  if (known && Array.from(known as Int32Array).some((length) => length < 0 || length > steps)) {
    refuseShape(node, `sequence_lens has values outside 0 to ${steps}`);
  }
  const inputs = [
    ...[x, weights, recurrent, given(INPUT.bias) ?? zeros([directions, 2 * gates * hidden]), lengths],
    given(INPUT.hidden, timeFirst) ?? zeros(state),
    ...(isLstm ? [given(INPUT.cell, timeFirst) ?? zeros(state)] : []),
    ...(isLstm && given(INPUT.peephole) ? [given(INPUT.peephole)!] : []),
  ];
  const { layout: _, output_sequence: __, ...attributes } = node.attributes;
  functionsOf(node);
  clipOf(node);
  const canonical: Attributes = { ...attributes, hidden_size: hidden };
  const outputs = node.outputs.map((name) => (name === "" || !batchFirst ? name : build.uniqueName(`${name}_by_time`)));
  build.addNode({ ...node, inputs, outputs, attributes: canonical });
  if (!batchFirst) return;
  node.outputs.forEach((name, i) => {
    if (name !== "") write.transpose(outputs[i], i === OUTPUT.sequence ? [2, 0, 1, 3] : [1, 0, 2], name);
  });
}

/** Types of the outputs of the canonical form. Throws E_SHAPE, E_TYPE. */
function infer(node: Node, inputs: readonly (Tensor | undefined)[]) {
  const [x, weights, recurrent, bias, lengths, ...rest] = inputs;
  const sizes = sizesOf(node, x!, weights!, recurrent!);
  const { steps, batch, hidden, directions } = sizes;
  const { gates } = CELLS[cellOf(node)];
  const check = (name: string, tensor: Tensor | undefined, shape: readonly number[], type = "float32") => {
    if (!tensor) return;
    if (tensor.type !== type) {
      throw new UserError(
        "E_TYPE",
        `${node.operator} node "${node.name}" takes ${name} of ${type} values, not ${tensor.type}; re-export the model`,
        node.name,
      );
    }
    if (`${tensor.shape}` !== `${shape}`) refuseShape(node, `${name} of shape [${tensor.shape}] should be [${shape}]`);
  };
  const state = [directions, batch, hidden];
  check("X", x, x!.shape);
  check("W", weights, weights!.shape);
  check("R", recurrent, recurrent!.shape);
  check("B", bias, [directions, 2 * gates * hidden]);
  check("sequence_lens", lengths, [batch], "int32");
  check("initial_h", rest[0], state);
  check("initial_c", rest[1], state);
  check("P", rest[2], [directions, 3 * hidden]);
  const type = "float32" as const;
  const last = { type, shape: state };
  const y = { type, shape: [steps, directions, batch, hidden] };
  return node.operator === "LSTM" ? [y, last, last] : [y, last];
}

function lowerPlain(node: Node, lowering: Lowering): void {
  const cell = cellOf(node);
  const sizes = sizesIn(node, lowering.tensor);
  const peephole = node.inputs[INPUT.peephole];
  const inputs = node.inputs.slice(0, INPUT.peephole).map(lowering.plain);
  // The kernel does not read peepholes that are not there.
  if (cell === "lstm") inputs.push(peephole ? lowering.plain(peephole) : inputs[INPUT.bias]);
  const functions = functionsOf(node);
  const sequence = lowering.isRead(node.outputs[OUTPUT.sequence]);
  const outputs = node.outputs.map((name) =>
    lowering.isRead(name) ? lowering.define(name, "plain") : lowering.temporary("float32", stateShape(sizes)),
  );
  lowering.step(
    node,
    recurrentKernelName(cell, "f32"),
    { inputs, outputs },
    {
      ...loopsOf(node, sizes, sequence),
      ...(cell === "lstm" && { peepholes: peephole ? 1 : 0 }),
      ...{
        function: twice(
          node,
          functions.map(({ index }) => index),
        ),
        clip: clipOf(node),
      },
      alpha: twice(
        node,
        functions.map(({ alpha }) => alpha),
      ),
      beta: twice(
        node,
        functions.map(({ beta }) => beta),
      ),
    },
    {},
    macsOf(node, sizes),
  );
}

const stateShape = ({ directions, batch, hidden }: Sizes) => [directions, batch, hidden];

const realOf = ({ index, alpha, beta }: Activation): Real => {
  const { real } = ACTIVATIONS[index];
  return (x) => real(x, alpha, beta);
};

/** Off by at most this share of 1: an eighth of the step of a hidden state between -1 and 1. */
const GATE_ERROR = 2 ** -10;

/**
 * The table of a function inside GRU or LSTM, whose argument reaches to +-16: bounded, and in [0, 1] where 1 minus its
 * value is taken. Undefined for any other.
 */
function gateTable(activation: Activation, steps: number, share: boolean): FunctionTable | undefined {
  const table = functionTable(realOf(activation), steps, { least: 1, most: 16, tolerance: steps * 2 ** -13 });
  const [low, high] = [Math.min(...table.values), Math.max(...table.values)];
  const fits = share ? low >= 0 && high <= ONE : low > -32767 && high < 32767;
  return fits && table.error <= steps * GATE_ERROR ? table : undefined;
}

/**
 * Whether a node can run on integers once its input and hidden state have scales: constant weights and bias, no
 * peepholes, functions that have tables.
 */
export function hasIntegerForm(node: Node, tensors: Graph["tensors"]): boolean {
  if (!isRecurrent(node) || node.inputs[INPUT.peephole]) return false;
  const constants = [INPUT.weights, INPUT.recurrent, INPUT.bias].map((i) => tensors.get(node.inputs[i])?.data);
  if (constants.some((data) => !data)) return false;
  return tablesOf(node, undefined) !== undefined;
}

interface Tables {
  readonly tables: Int16Array;
  /** Per function: its table, and the bits by which the argument is shifted. */
  readonly index: readonly number[];
  readonly shift: readonly number[];
  /** Stored value of 1 in the sums. */
  readonly unit: number;
}

/**
 * The functions of all directions as tables, equal ones once.
 * @param h scale and zero point of the hidden state; undefined to ask whether there can be tables at all
 */
function tablesOf(node: Node, h: PerTensor | undefined): Tables | undefined {
  const cell = cellOf(node);
  const { functions: count } = CELLS[cell];
  const couples = settingsOf(node).input_forget === 1;
  const steps = h ? STEP / h.scale : STEP ** 2;
  const list = functionsOf(node).map((activation, i) => {
    if (cell === "rnn") return hiddenTable(activation, h);
    if (cell === "gru") return i % count === 0 ? gateTable(activation, ONE, true) : hiddenGate(activation, steps);
    return gateTable(activation, ONE, couples && i % count === 0);
  });
  if (list.some((table) => !table)) return undefined;
  const found = list as FunctionTable[];
  // One format for the sums of both directions.
  const reach = cell === "rnn" ? Math.max(...found.map((table) => table.reach)) : 2 ** 15 * CELL_SCALE;
  const distinct: FunctionTable[] = [];
  const index = found.map((table) => {
    const at = distinct.findIndex((other) => other.reach === table.reach && `${other.values}` === `${table.values}`);
    return at >= 0 ? at : distinct.push(table) - 1;
  });
  return {
    tables: Int16Array.from(distinct.flatMap(({ values }) => [...values])),
    index,
    shift: found.map((table) => Math.log2(reach / table.reach)),
    unit: 2 ** 15 / reach,
  };
}

/** The function of RNN, which gives the hidden state: off by a quarter of a step, over as wide a range as that has. */
function hiddenTable(activation: Activation, h: PerTensor | undefined): FunctionTable | undefined {
  const { scale, zeroPoint } = h ?? { scale: 2 ** -7, zeroPoint: 0 };
  const within = [-128, 127].map((q) => (q - zeroPoint) * RNN_STEP) as [number, number];
  const range = { least: 2 ** -4, most: 2 ** 12, tolerance: RNN_STEP / 4, within };
  const table = functionTable(realOf(activation), RNN_STEP / scale, range);
  return table.error <= RNN_STEP / 4 ? table : undefined;
}

/** The function g of GRU: bounded, in steps of the hidden state. */
function hiddenGate(activation: Activation, steps: number): FunctionTable | undefined {
  return (
    gateTable(activation, ONE, false) &&
    functionTable(realOf(activation), steps, { least: 1, most: 16, tolerance: STEP / 16 })
  );
}

interface RowTables {
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
}

/**
 * Tables of the products with one operand: zero point folded into the bias, factors that give a sum `unit` for 1.
 * Undefined where a sum could leave int32.
 * @param bias of every row
 */
function rowTables(weights: Tensor, bias: Float32Array, input: PerTensor, unit: number): RowTables | undefined {
  const data = weights.data as Int8Array;
  const rows = bias.length;
  const count = data.length / rows;
  const { scale } = weights.quantization!;
  const result = { bias: new Int32Array(rows), multiplier: new Int32Array(rows), shift: new Uint8Array(rows) };
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    let magnitude = 0;
    for (let i = row * count; i < (row + 1) * count; i++) {
      sum += data[i];
      magnitude += Math.abs(data[i]);
    }
    const product = input.scale * scale[row % scale.length];
    const raw = Math.round(bias[row] / product);
    const folded = raw - input.zeroPoint * sum;
    const bound = magnitude * 256 + Math.max(Math.abs(raw), Math.abs(folded));
    const multiplier = product * unit;
    if (!(bound < 2 ** 31 && multiplier < MAX_MULTIPLIER && bound * multiplier < 2 ** 29)) return undefined;
    const fixed = fixedPoint(multiplier, bound);
    result.bias[row] = folded;
    result.multiplier[row] = fixed.multiplier;
    result.shift[row] = fixed.shift;
  }
  return { weights: data, ...result };
}

/** The biases of the products with x (part 0) or with the hidden state (part 1), of all directions. */
export function biasPart(bias: Tensor, part: 0 | 1): Float32Array {
  const values = dequantizeConstant(bias);
  const [directions, both] = bias.shape;
  const rows = both / 2;
  const parts = Array.from({ length: directions }, (_, d) => {
    const from = d * both + part * rows;
    return Array.from(values.subarray(from, from + rows));
  });
  return Float32Array.from(parts.flat());
}

/** The scale that the hidden state has wherever it is read; undefined where it has none, or several. */
function hiddenScale(node: Node, lowering: Pick<Lowering, "isRead" | "tensor">): PerTensor | undefined {
  const initial = lowering.tensor(node.inputs[INPUT.hidden]);
  const names = node.outputs.slice(0, OUTPUT.cell).filter(lowering.isRead);
  const values = [...names.map(lowering.tensor), ...(initial.data ? [] : [initial])];
  const [first, ...others] = values.map(perTensor);
  return first && others.every((q) => q?.scale === first.scale && q.zeroPoint === first.zeroPoint) ? first : undefined;
}

/** Whether a node of a quantised graph runs on integers, overflow apart. */
function runsOnIntegers(node: Node, lowering: Pick<Lowering, "isRead" | "tensor">, tensors: Graph["tensors"]): boolean {
  const weights = [INPUT.weights, INPUT.recurrent].map((i) => lowering.tensor(node.inputs[i]));
  const isInt8 = (w: Tensor) => hasInt8Weights(w) && [undefined, 1].includes(w.quantization!.axis);
  if (!hasIntegerForm(node, tensors) || !weights.every(isInt8)) return false;
  return perTensor(lowering.tensor(node.inputs[INPUT.x])) !== undefined && hiddenScale(node, lowering) !== undefined;
}

function lowerInt8(node: Node, lowering: Lowering): boolean {
  if (!runsOnIntegers(node, lowering, lowering.graph.tensors)) return false;
  const cell = cellOf(node);
  const sizes = sizesIn(node, lowering.tensor);
  const x = lowering.quantization(node.inputs[INPUT.x])!;
  const h = hiddenScale(node, lowering)!;
  const tables = tablesOf(node, h);
  if (!tables) return false;
  const [weights, recurrent, bias] = [INPUT.weights, INPUT.recurrent, INPUT.bias].map((i) =>
    lowering.tensor(node.inputs[i]),
  );
  const ofInput = rowTables(weights, biasPart(bias, 0), x, tables.unit);
  const ofHidden = rowTables(recurrent, biasPart(bias, 1), h, tables.unit);
  const output = 2 ** -28 / h.scale;
  if (!ofInput || !ofHidden || output >= MAX_MULTIPLIER) return false;
  const shape = stateShape(sizes);
  const initial = lowering.tensor(node.inputs[INPUT.hidden]);
  const stored = { type: "int8" as const, scale: [h.scale], zeroPoint: [h.zeroPoint] };
  const initialHidden = initial.data
    ? lowering.constant("int8", shape, quantizeData(dequantizeConstant(initial), shape, stored))
    : lowering.s8(initial.name);
  const inputs = [lowering.s8(node.inputs[INPUT.x]), lowering.plain(node.inputs[INPUT.lengths]), initialHidden];
  if (cell === "lstm") inputs.push(lowering.s16(node.inputs[INPUT.cell]));
  const outputs = node.outputs.map((name, i) => {
    const form = i === OUTPUT.cell ? "s16" : "s8";
    if (lowering.isRead(name)) return lowering.define(name, form);
    return lowering.temporary(form === "s16" ? "int16" : "int8", shape, form === "s16" ? undefined : h);
  });
  const clip = Math.min(32767, Math.round(clipOf(node) * tables.unit));
  const requantized = fixedPoint(output, 2 ** 30);
  lowering.step(
    node,
    recurrentKernelName(cell, "s8"),
    { inputs, outputs },
    {
      ...loopsOf(node, sizes, lowering.isRead(node.outputs[OUTPUT.sequence])),
      ...{ function: twice(node, tables.index), function_shift: twice(node, tables.shift) },
      ...{ clip_min: -clip, clip_max: clip, h_zero_point: h.zeroPoint },
      ...(cell === "lstm" && { h_multiplier: requantized.multiplier, h_shift: requantized.shift }),
    },
    {
      ...{ weights: ofInput.weights, bias: ofInput.bias, multiplier: ofInput.multiplier, shift: ofInput.shift },
      ...{ recurrent: ofHidden.weights, recurrent_bias: ofHidden.bias },
      ...{ recurrent_multiplier: ofHidden.multiplier, recurrent_shift: ofHidden.shift, tables: tables.tables },
    },
    macsOf(node, sizes),
  );
  return true;
}

/**
 * Values that are a cell state of an int8 layer and nothing else: they are stored in 16 bits, at CELL_SCALE.
 * @param onIntegers whether an LSTM node runs on integers
 */
function cellStates(graph: Graph, onIntegers: (node: Node) => boolean): Set<string> {
  const found = new Set<string>();
  const layers = graph.nodes.filter((node) => node.operator === "LSTM" && isRecurrent(node) && onIntegers(node));
  for (const { outputs } of layers) found.add(outputs[OUTPUT.cell]);
  for (const { inputs } of layers) {
    const initial = inputs[INPUT.cell];
    const elsewhere = (node: Node) => node.inputs.some((name, i) => name === initial && i !== INPUT.cell);
    const alone = graph.nodes.every(
      (node) => !node.inputs.includes(initial) || (layers.includes(node) && !elsewhere(node)),
    );
    if (graph.inputs.includes(initial) && alone) found.add(initial);
  }
  return found;
}

/** Of a float graph: what the quantiser gives no scale of 8 bits. */
export const cellStatesToBe = (graph: Graph): Set<string> =>
  cellStates(graph, (node) => hasIntegerForm(node, graph.tensors));

/** Of a quantised graph. */
export function storedCellStates(graph: Graph): Set<string> {
  if (!graph.nodes.some(({ operator }) => operator === "LSTM")) return new Set();
  const read = new Set([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  const lookup = { isRead: (name: string) => read.has(name), tensor: (name: string) => graph.tensors.get(name)! };
  return cellStates(graph, (node) => runsOnIntegers(node, lookup, graph.tensors));
}

const SETTINGS = "all directions, both layouts, all activations, sequence lengths, initial states";

function recurrent(name: string, notes: string, inputs: number, outputs: number): Operator {
  return {
    ...{ name, notes, outputs, inputs: [3, inputs], normalise, infer, lowerInt8, lowerPlain },
    quantize: "free",
    ties: ({ inputs: read, outputs: written }) => [...written.slice(0, OUTPUT.cell), read[INPUT.hidden]],
  };
}

/** ONNX RNN-1 to -22. */
export const RNN = recurrent("RNN", SETTINGS, 6, 2);
/** ONNX GRU-1 to -22. */
export const GRU = recurrent("GRU", `${SETTINGS}, linear_before_reset`, 6, 2);
/** ONNX LSTM-1 to -22. */
export const LSTM = recurrent("LSTM", `${SETTINGS}, peepholes (in float32), input_forget`, 8, 3);
