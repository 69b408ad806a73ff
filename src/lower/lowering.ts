/**
 * Graph -> Program: the state of one lowering, as the operators see it. A value may exist in several storage forms, int8
 * with a scale ("s8"), int16 with a scale and zero point 0 ("s16") and the element type that it has in the graph ("plain":
 * float32, or an integer type); asking for the form that is not there inserts the conversion, so that an operator without
 * an int8 form simply runs in float32 inside an int8 model.
 */
import { invariant, UserError } from "../errors.js";
import { constantPool } from "../graph/constant_pool.js";
import type { Graph, Node, Quantization, Tensor, TypedArray } from "../graph/ir.js";
import { bytesPerElement, elementCount, fromNumbers, newArray, toNumbers } from "../graph/ir.js";
import type { OrtAgreement, Program, ProgramTensor, State, Step, StorageType } from "../graph/program.js";
import { kernelOf } from "../kernels/index.js";
import type { ConstantSlot, Kernel, Params } from "../kernels/kernel.js";
import { CELL_SCALE } from "../numerics/recurrent.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { quoted } from "../quoted.js";

export type Form = "s8" | "s16" | "plain";

export interface Lowering {
  readonly graph: Graph;
  tensor(name: string): Tensor;
  /** Per-tensor int8 quantisation of a value, or undefined when it has none. */
  quantization(name: string): { readonly scale: number; readonly zeroPoint: number } | undefined;
  /** How a value is stored in 8 or 16 bits with one scale, or undefined when it is not. */
  stored(name: string): Stored | undefined;
  /** Program tensor with the value in int8; converts from float32 where needed. */
  s8(name: string): number;
  /**
   * Program tensor with the value in int16, zero point 0: at its scale, an int8 value widened exactly, or as a cell state of
   * an LSTM, 2048 for 1. Converts from float32 where needed.
   */
  s16(name: string): number;
  /** Program tensor with the value in its own element type; converts from int8 where needed. */
  plain(name: string): number;
  /** Whether a node reads the value, or the model gives it. */
  isRead(name: string): boolean;
  /** Defines the output `name` in the given form. */
  define(name: string, form: Form): number;
  /** Defines `name` as another shape of the same bytes as program tensor `source`. */
  defineView(name: string, form: Form, source: number): void;
  /** The bytes of a program tensor as another element type of the same size. */
  reinterpret(source: number, type: StorageType): number;
  /** An unnamed program tensor between two steps of one node. */
  temporary(type: StorageType, shape: readonly number[], q?: { scale: number; zeroPoint: number }): number;
  /** An unnamed constant. */
  constant(type: StorageType, shape: readonly number[], data: TypedArray): number;
  /** A constant's values as float32, dequantised where it is stored quantised. */
  floatConstant(name: string): Float32Array;
  step(
    node: Node,
    kernel: string,
    io: { inputs: readonly number[]; outputs: readonly number[] },
    params: Params,
    constants?: Readonly<Record<string, TypedArray>>,
    macs?: number,
    ortAgreement?: OrtAgreement,
  ): void;
  finish(outputs: readonly { name: string; form: Form }[]): Program;
}

/** Bytes of an element of a value in the given form. */
export function elementBytes(form: Form, type: Tensor["type"]): number {
  return bytesPerElement(form === "plain" ? type : STORED_TYPES[form]);
}

export interface PerTensor {
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface Stored extends PerTensor {
  readonly form: "s8" | "s16";
}

/** Element types of the stored forms. */
export const STORED_TYPES = { s8: "int8", s16: "int16" } as const;

function onlyOne(q: Quantization | undefined): PerTensor | undefined {
  return q?.scale.length === 1 ? { scale: q.scale[0], zeroPoint: q.zeroPoint[0] } : undefined;
}

/** How a real value is stored in int8, or in int16 with zero point 0; undefined when it is not, or not with one scale. */
export function storedForm(tensor: Tensor): Stored | undefined {
  const { type, quantization } = tensor;
  const q = type === "float32" ? onlyOne(quantization) : undefined;
  if (q && quantization?.type === "int8") return { ...q, form: "s8" };
  return q && quantization?.type === "int16" && q.zeroPoint === 0 ? { ...q, form: "s16" } : undefined;
}

/** How a real value is stored in int8, or undefined when it is not, or not with one scale. */
export function perTensor(tensor: Tensor): PerTensor | undefined {
  const stored = storedForm(tensor);
  return stored?.form === "s8" ? { scale: stored.scale, zeroPoint: stored.zeroPoint } : undefined;
}

/** How a node's first input and its output are both stored, or undefined where they differ: data movement needs it. */
export function sharedForm(node: Node, lowering: Lowering): Stored | undefined {
  const input = lowering.stored(node.inputs[0]);
  const output = lowering.stored(node.outputs[0]);
  const same = input?.form === output?.form && input?.scale === output?.scale && input?.zeroPoint === output?.zeroPoint;
  return same ? output : undefined;
}

/** The int8 quantisation that a node's first input and output share, or undefined: data movement in int8 needs it. */
export function sharedQuantization(node: Node, lowering: Lowering): { scale: number; zeroPoint: number } | undefined {
  return sharedForm(node, lowering) && lowering.quantization(node.outputs[0]);
}

/** Real values of a constant, dequantised where it is stored quantised. */
export function dequantizeConstant(tensor: Tensor): Float32Array {
  const data = tensor.data;
  invariant(data, `${tensor.name} is not a constant`);
  const q = tensor.quantization;
  if (!q) return data instanceof Float32Array ? data : (fromNumbers("float32", toNumbers(data)) as Float32Array);
  const result = new Float32Array(data.length);
  const inner = q.axis === undefined ? data.length : elementCount(tensor.shape.slice(q.axis + 1));
  for (let i = 0; i < data.length; i++) {
    const channel = q.axis === undefined ? 0 : Math.floor(i / inner) % q.scale.length;
    result[i] = Math.fround((Number(data[i]) - q.zeroPoint[channel]) * q.scale[channel]);
  }
  return result;
}

/** A constant cell state in its int16 form. */
function cellValues(real: Float32Array): Int16Array {
  return Int16Array.from(real, (x) => Math.max(-32768, Math.min(32767, roundHalfEven(x / CELL_SCALE))));
}

/** @param cellStates values that are stored in int16 */
export function createLowering(
  graph: Graph,
  precision: Program["precision"],
  inputForm: (t: Tensor) => Form,
  cellStates: ReadonlySet<string> = new Set(),
): Lowering {
  const tensors: ProgramTensor[] = [];
  const pool = constantPool();
  const steps: Step[] = [];
  const forms: Record<Form, Map<string, number>> = { s8: new Map(), s16: new Map(), plain: new Map() };
  // Quantised values that a float32 step computed, before they are rounded: nobody reads them but the quantisation.
  const unrounded = new Map<string, number>();

  const tensor = (name: string): Tensor => {
    const found = graph.tensors.get(name);
    invariant(found, `no value ${name}`);
    return found;
  };
  const quantization = (name: string) => perTensor(tensor(name));
  const stored = (name: string) => storedForm(tensor(name));

  function addTensor(entry: Omit<ProgramTensor, "id">): number {
    tensors.push({ id: tensors.length, ...entry });
    return tensors.length - 1;
  }

  function describe(name: string, form: Form): Omit<ProgramTensor, "id"> {
    const { type, shape, quantization: meaning } = tensor(name);
    if (form === "plain") return { name, type, shape, ...(type !== "float32" && onlyOne(meaning)) };
    if (form === "s16") {
      return { name, type: "int16", shape, scale: stored(name)?.scale ?? CELL_SCALE, zeroPoint: 0 };
    }
    const q = quantization(name);
    invariant(q, `${name} has no int8 quantisation`);
    return { name, type: "int8", shape, scale: q.scale, zeroPoint: q.zeroPoint };
  }

  /** A value without elements is a constant: no step has anything to compute. */
  function define(name: string, form: Form): number {
    const described = describe(name, form);
    const { type, shape } = described;
    const empty = elementCount(shape) === 0 && !graph.inputs.includes(name);
    const id = addTensor({ ...described, ...(empty && { constant: pool.intern(type, newArray(type, 0)) }) });
    register(name, form, id);
    return id;
  }

  function register(name: string, form: Form, id: number): void {
    const rounds = form === "plain" && precision === "int8" && stored(name) !== undefined;
    (rounds ? unrounded : forms[form]).set(name, id);
  }

  function constantTensor(name: string, form: Form): number {
    const source = tensor(name);
    const described = describe(name, form);
    const id = addTensor({ ...described, constant: pool.intern(described.type, constantData(source, form)) });
    forms[form].set(name, id);
    return id;
  }

  function constantData(source: Tensor, form: Form): TypedArray {
    const real = () => dequantizeConstant(source);
    if (form === "plain") return source.type === "float32" ? real() : source.data!;
    if (form === "s8") return source.data!;
    const q = storedForm(source);
    return q ? Int16Array.from(source.data as Int16Array, (value) => value - q.zeroPoint) : cellValues(real());
  }

  /**
   * Cell states between their int16 form and float32: by a power of two, rounded half to even and saturated.
   */
  function convertCell(name: string, to: "s16" | "plain"): number {
    const { shape } = tensor(name);
    const count = elementCount(shape);
    const source = to === "s16" ? inForm(name, "plain") : forms.s16.get(name)!;
    const real = () => addTensor({ name: "", type: "float32", shape });
    const origin: Node = { name, operator: "Cast", domain: "", inputs: [name], outputs: [name], attributes: {} };
    const run = (kernel: string, from: number, into: number) => {
      step(origin, kernel, { inputs: [from], outputs: [into] }, { count });
      return into;
    };
    const scaled = (from: number, factor: number, into: number, bound: number) => {
      const constant = constantOf("float32", [], Float32Array.of(factor));
      const loops = { shape: [1, 1, 1, 1, 1, count], a_stride: [0, 0, 0, 0, 0, 1], b_stride: [0, 0, 0, 0, 0, 0] };
      const io = { inputs: [from, constant], outputs: [into] };
      step(origin, "nn_mul_f32", io, { ...loops, out_min: -bound, out_max: bound });
      return into;
    };
    const target = addTensor(describe(name, to));
    forms[to].set(name, target);
    if (to === "plain") scaled(run("nn_cast_i16_f32", source, real()), CELL_SCALE, target, Number.POSITIVE_INFINITY);
    else run("nn_cast_f32_i16", run("nn_round_f32", scaled(source, 1 / CELL_SCALE, real(), 2 ** 15), real()), target);
    return target;
  }

  function constantOf(type: StorageType, shape: readonly number[], data: TypedArray): number {
    return addTensor({ name: "", type, shape, constant: pool.intern(type, data) });
  }

  /** Rounds an unrounded float32 value to the form in which it is stored, gives its real values, or widens it. */
  function convert(name: string, to: Form): number {
    const q = stored(name);
    if (!q && (to === "s16" || (to === "plain" && forms.s16.has(name)))) return convertCell(name, to);
    invariant(q, `value ${name} is not defined before it is used`);
    const rounds = to === q.form;
    const source = rounds ? unrounded.get(name) : inForm(name, q.form);
    invariant(source !== undefined, `value ${name} is not defined before it is used`);
    // A widened value is no other value: only the stored form has its name.
    const target = addTensor({ ...describe(name, to), ...(!rounds && to === "s16" && { name: "" }) });
    forms[to].set(name, target);
    const count = elementCount(tensor(name).shape);
    const io = { inputs: [source], outputs: [target] };
    const origin = (operator: string): Node => ({
      ...{ name, operator, domain: "", inputs: [name], outputs: [name], attributes: {} },
    });
    if (!rounds && to === "s16") {
      step(origin("Cast"), "nn_widen_s8_s16", io, { count, zero_point: q.zeroPoint });
      return target;
    }
    const params = { count, scale: q.scale, ...(q.form === "s8" && { zero_point: q.zeroPoint }) };
    if (rounds) step(origin("QuantizeLinear"), `nn_quantize_f32_${q.form}`, io, params);
    else step(origin("DequantizeLinear"), `nn_dequantize_${q.form}_f32`, io, params);
    return target;
  }

  function inForm(name: string, form: Form): number {
    const known = forms[form].get(name);
    if (known !== undefined) return known;
    return tensor(name).data ? constantTensor(name, form) : convert(name, form);
  }

  function step(
    node: Node,
    kernelName: string,
    io: { inputs: readonly number[]; outputs: readonly number[] },
    params: Params,
    tables: Readonly<Record<string, TypedArray>> = {},
    macs = 0,
    ortAgreement?: OrtAgreement,
  ): void {
    if (io.outputs.every((id) => tensors[id].constant !== undefined)) return;
    const kernel = kernelOf(kernelName);
    invariant(
      kernel.inputs === "variadic" || kernel.inputs === io.inputs.length,
      `${kernelName} takes ${kernel.inputs} inputs`,
    );
    invariant(kernel.outputs === io.outputs.length, `${kernelName} gives ${kernel.outputs} outputs`);
    checkStep(
      node,
      kernel,
      [...io.inputs, ...io.outputs].map((id) => tensors[id]),
      params,
    );
    const ids: Record<string, number> = {};
    for (const slot of kernel.constants) {
      invariant(tables[slot.name], `${kernelName} needs the table ${slot.name}`);
      checkTable(node, slot, tables[slot.name]);
      ids[slot.name] = pool.intern(slot.type, tables[slot.name]);
    }
    steps.push({
      kernel: kernelName,
      node: node.name,
      operator: node.operator,
      inputs: io.inputs,
      outputs: io.outputs,
      constants: ids,
      params: { ...params },
      scratchBytes: kernel.scratch(params),
      macs,
      ...(ortAgreement && { ortAgreement }),
    });
  }

  const read = new Set([...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)]);
  const stateForms = new Map((graph.states ?? []).map(({ input, output }) => [input, stateForm(input, output)]));
  const entered = graph.inputs.map((name) => define(name, stateForms.get(name) ?? inputForm(tensor(name))));
  const inputs = entered.filter((_, i) => !stateForms.has(graph.inputs[i]));

  /** int8 or int16 when both ends of the state are stored alike. */
  function stateForm(input: string, output: string): Form {
    if (precision === "int8" && cellStates.has(input) && cellStates.has(output)) return "s16";
    const [from, to] = [output, input].map(stored);
    const alike = from && to && from.form === to.form && from.scale === to.scale && from.zeroPoint === to.zeroPoint;
    return precision === "int8" && alike ? to.form : "plain";
  }

  return {
    graph,
    tensor,
    quantization,
    stored,
    s8: (name) => inForm(name, "s8"),
    s16: (name) => inForm(name, "s16"),
    plain: (name) => inForm(name, "plain"),
    define,
    defineView(name, form, source) {
      const root = tensors[source].viewOf ?? source;
      const id = addTensor({
        ...describe(name, form),
        viewOf: root,
        ...(tensors[source].constant !== undefined && { constant: tensors[source].constant }),
      });
      register(name, form, id);
    },
    reinterpret(source, type) {
      const { shape, viewOf = source } = tensors[source];
      return addTensor({ name: "", type, shape, viewOf });
    },
    temporary: (type, shape, q) => addTensor({ name: "", type, shape, ...q }),
    isRead: (name) => read.has(name),
    constant: constantOf,
    floatConstant: (name) => dequantizeConstant(tensor(name)),
    step,
    finish(outputs) {
      const roots = new Set<number>(entered);
      const own = (name: string, form: Form) => {
        let id = inForm(name, form);
        const root = tensors[id].viewOf ?? id;
        if (tensors[id].constant !== undefined || roots.has(root)) id = copyOf(name, form, id);
        roots.add(tensors[id].viewOf ?? id);
        return id;
      };
      const states = (graph.states ?? []).map(({ input, output }): State => {
        const id = entered[graph.inputs.indexOf(input)];
        return { input: id, output: own(output, stateForms.get(input)!), initial: tensors[id].zeroPoint ?? 0 };
      });
      const kept = new Set((graph.states ?? []).map(({ output }) => output));
      const ids = outputs.filter(({ name }) => !kept.has(name)).map(({ name, form }) => own(name, form));
      return {
        ...{ precision, tensors, constants: pool.constants, steps, inputs, outputs: ids },
        ...(states.length > 0 && { states }),
      };
    },
  };

  /** Outputs need bytes of their own: an input, a constant or another output is copied. */
  function copyOf(name: string, form: Form, source: number): number {
    const id = addTensor(describe(name, form));
    const { type, shape } = tensors[id];
    const bytes = elementCount(shape) * bytesPerElement(type);
    const origin: Node = {
      name,
      operator: "Identity",
      domain: "",
      inputs: [name],
      outputs: [name],
      attributes: {},
    };
    step(
      origin,
      "nn_concat",
      { inputs: [source], outputs: [id] },
      { input_count: 1, outer: 1 },
      {
        block_bytes: Int32Array.of(bytes),
      },
    );
    return id;
  }
}

/** Kernels whose inputs and outputs are all float32. */
const REAL_KERNELS: ReadonlySet<string> = new Set(
  (
    "average_pool2d conv2d conv3d conv_transpose2d depthwise_conv2d fft fully_connected log_softmax matmul max_pool2d " +
    "mean resample softmax"
  )
    .split(" ")
    .map((name) => `nn_${name}_f32`),
);

/**
 * Kernels of real numbers read and write nothing else, and their parameters are what the C struct holds. Throws E_TYPE,
 * E_SHAPE: what a damaged model asks for, and an operator did not refuse.
 */
function checkStep(node: Node, kernel: Kernel, tensors: readonly ProgramTensor[], params: Params): void {
  const where = `${node.operator} node ${quoted(node.name)}`;
  const other = REAL_KERNELS.has(kernel.name) ? tensors.find(({ type }) => type !== "float32") : undefined;
  if (other) throw new UserError("E_TYPE", `${where} does not take ${other.type} values`, node.name);
  for (const { name, type } of kernel.params) {
    const fits = (value: number) =>
      type === "float" ? !Number.isNaN(value) : Number.isInteger(value) && Math.abs(value) <= 2 ** 31;
    if ([params[name]].flat().every(fits)) continue;
    throw new UserError("E_SHAPE", `${where}: ${name} would be ${params[name]}, which is not possible`, node.name);
  }
}

function checkTable(node: Node, slot: ConstantSlot, table: TypedArray): void {
  if (table.constructor === newArray(slot.type, 0).constructor) return;
  throw new UserError(
    "E_TYPE",
    `${node.operator} node ${quoted(node.name)}: ${slot.name} must hold ${slot.type} values`,
    node.name,
  );
}
