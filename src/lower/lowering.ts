/**
 * Graph -> Program: the state of one lowering, as the operators see it. A value may exist in two storage forms, int8
 * ("s8") and float32 ("f32"); asking for the form that is not there inserts the conversion, so that an operator
 * without an int8 form simply runs in float32 inside an int8 model.
 */
import { createHash } from "node:crypto";
import { invariant } from "../errors.js";
import type { Graph, Node, Quantization, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, fromNumbers, toNumbers } from "../graph/ir.js";
import type { Constant, Program, ProgramTensor, Step, StorageType } from "../graph/program.js";
import { kernelOf } from "../kernels/index.js";
import type { Params } from "../kernels/kernel.js";

type Form = "s8" | "f32";

export interface Lowering {
  readonly graph: Graph;
  tensor(name: string): Tensor;
  /** Per-tensor int8 quantisation of a value, or undefined when it has none. */
  quantization(name: string): { readonly scale: number; readonly zeroPoint: number } | undefined;
  /** Program tensor with the value in int8; converts from float32 where needed. */
  s8(name: string): number;
  /** Program tensor with the value in float32; converts from int8 where needed. */
  f32(name: string): number;
  /** Defines the output `name` in the given form. */
  define(name: string, form: Form): number;
  /** Defines `name` as another shape of the same bytes as program tensor `source`. */
  defineView(name: string, form: Form, source: number): void;
  /** An unnamed program tensor between two steps of one node. */
  temporary(type: StorageType, shape: readonly number[], q?: { scale: number; zeroPoint: number }): number;
  /** A constant's values as float32, dequantised where it is stored quantised. */
  floatConstant(name: string): Float32Array;
  step(
    node: Node,
    kernel: string,
    io: { inputs: readonly number[]; outputs: readonly number[] },
    params: Params,
    constants?: Readonly<Record<string, TypedArray>>,
    macs?: number,
  ): void;
  finish(outputs: readonly { name: string; form: Form }[]): Program;
}

export function perTensor(q: Quantization | undefined): { scale: number; zeroPoint: number } | undefined {
  if (q === undefined || q.type !== "int8" || q.scale.length !== 1) return undefined;
  return { scale: q.scale[0], zeroPoint: q.zeroPoint[0] };
}

/** The int8 quantisation that a node's first input and output share, or undefined: data movement in int8 needs it. */
export function sharedQuantization(node: Node, lowering: Lowering): { scale: number; zeroPoint: number } | undefined {
  const input = lowering.quantization(node.inputs[0]);
  const output = lowering.quantization(node.outputs[0]);
  const same = input && output && input.scale === output.scale && input.zeroPoint === output.zeroPoint;
  return same ? output : undefined;
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

export function createLowering(
  graph: Graph,
  precision: Program["precision"],
  inputForm: (t: Tensor) => Form,
): Lowering {
  const tensors: ProgramTensor[] = [];
  const constants: Constant[] = [];
  const steps: Step[] = [];
  const forms: Record<Form, Map<string, number>> = { s8: new Map(), f32: new Map() };
  // Quantised values that a float32 step computed, before they are rounded: nobody reads them but the quantisation.
  const unrounded = new Map<string, number>();
  const constantIds = new Map<string, number>();

  const tensor = (name: string): Tensor => {
    const found = graph.tensors.get(name);
    invariant(found, `no value ${name}`);
    return found;
  };
  const quantization = (name: string) => perTensor(tensor(name).quantization);

  function addTensor(entry: Omit<ProgramTensor, "id">): number {
    tensors.push({ id: tensors.length, ...entry });
    return tensors.length - 1;
  }

  function internConstant(type: StorageType, data: TypedArray): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${type}:${bytes.length}:${createHash("sha256").update(bytes).digest("base64")}`;
    let id = constantIds.get(key);
    if (id === undefined) {
      id = constants.length;
      constants.push({ id, type, data });
      constantIds.set(key, id);
    }
    return id;
  }

  function describe(name: string, form: Form): Omit<ProgramTensor, "id"> {
    const { shape } = tensor(name);
    if (form === "f32") return { name, type: "float32", shape };
    const q = quantization(name);
    invariant(q, `${name} has no int8 quantisation`);
    return { name, type: "int8", shape, scale: q.scale, zeroPoint: q.zeroPoint };
  }

  function define(name: string, form: Form): number {
    const id = addTensor(describe(name, form));
    register(name, form, id);
    return id;
  }

  function register(name: string, form: Form, id: number): void {
    const rounds = form === "f32" && precision === "int8" && quantization(name) !== undefined;
    (rounds ? unrounded : forms[form]).set(name, id);
  }

  function constantTensor(name: string, form: Form): number {
    const source = tensor(name);
    const data = form === "s8" ? source.data! : dequantizeConstant(source);
    const id = addTensor({
      ...describe(name, form),
      constant: internConstant(form === "s8" ? "int8" : "float32", data),
    });
    forms[form].set(name, id);
    return id;
  }

  /** Rounds an unrounded float32 value to int8, or gives the real values of an int8 one. */
  function convert(name: string, to: Form): number {
    const q = quantization(name);
    const source = to === "s8" ? unrounded.get(name) : inForm(name, "s8");
    invariant(source !== undefined && q, `value ${name} is not defined before it is used`);
    const target = addTensor(describe(name, to));
    forms[to].set(name, target);
    const operator = to === "s8" ? "QuantizeLinear" : "DequantizeLinear";
    const origin: Node = { name, operator, domain: "", inputs: [name], outputs: [name], attributes: {} };
    step(
      origin,
      to === "s8" ? "nn_quantize_f32_s8" : "nn_dequantize_s8_f32",
      { inputs: [source], outputs: [target] },
      { count: elementCount(tensor(name).shape), scale: q.scale, zero_point: q.zeroPoint },
    );
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
  ): void {
    const kernel = kernelOf(kernelName);
    invariant(
      kernel.inputs === "variadic" || kernel.inputs === io.inputs.length,
      `${kernelName} takes ${kernel.inputs} inputs`,
    );
    invariant(kernel.outputs === io.outputs.length, `${kernelName} gives ${kernel.outputs} outputs`);
    const ids: Record<string, number> = {};
    for (const slot of kernel.constants) {
      invariant(tables[slot.name], `${kernelName} needs the table ${slot.name}`);
      ids[slot.name] = internConstant(slot.type, tables[slot.name]);
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
    });
  }

  for (const name of graph.inputs) define(name, inputForm(tensor(name)));
  const inputs = tensors.map((t) => t.id);

  return {
    graph,
    tensor,
    quantization,
    s8: (name) => inForm(name, "s8"),
    f32: (name) => inForm(name, "f32"),
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
    temporary: (type, shape, q) => addTensor({ name: "", type, shape, ...q }),
    floatConstant: (name) => dequantizeConstant(tensor(name)),
    step,
    finish(outputs) {
      const ids: number[] = [];
      const roots = new Set<number>(inputs);
      for (const { name, form } of outputs) {
        let id = inForm(name, form);
        const root = tensors[id].viewOf ?? id;
        if (tensors[id].constant !== undefined || roots.has(root)) id = copyOf(name, form, id);
        roots.add(tensors[id].viewOf ?? id);
        ids.push(id);
      }
      return { precision, tensors, constants, steps, inputs, outputs: ids };
    },
  };

  /** Outputs need bytes of their own: an input, a constant or another output is copied. */
  function copyOf(name: string, form: Form, source: number): number {
    const id = addTensor(describe(name, form));
    const bytes = elementCount(tensor(name).shape) * (form === "s8" ? 1 : 4);
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
