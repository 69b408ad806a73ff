/**
 * A kernel as the rest of the compiler sees it: one record in `src/kernels/<name>.ts`, one C function of the same
 * name in `runtime-c/src/<name>.c`. The record carries the meaning (`run`, the host reference, equal to the C function
 * in every bit), the layout of the C call, and what the planner and the reports need to know.
 *
 * The C call is always
 *     <name>(&params, inputs..., constants..., [scratch,] outputs...)
 * so one template prints every step. A variadic kernel (Concat) takes its inputs as one array of pointers,
 * `const void *const inputs[]`, in the place of `inputs...`; how many there are stands in its params. Pointers to
 * constants carry NN_FLASH, pointers to inputs never do, even when a constant is one.
 */
import type { TypedArray } from "../graph/ir.js";
import type { StorageType } from "../graph/program.js";
import type { ChannelFlow, FlowContext } from "./channels.js";
import type { Rows } from "./rows.js";

/** Values of the parameter struct: integers, or float32 numbers for fields of type float. */
export type Params = Readonly<Record<string, number | readonly number[]>>;

/** One field of the C parameter struct `<name>_params`, in declaration order. */
export interface ParamField {
  readonly name: string;
  readonly type: "int32_t" | "float";
  /** Array length; absent for a scalar. */
  readonly length?: number;
}

export interface ConstantSlot {
  readonly name: string;
  readonly type: StorageType;
}

/** What `run` gets: elements are those of the step's tensors, whole and contiguous. */
export interface KernelBuffers {
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly TypedArray[];
  readonly constants: Readonly<Record<string, TypedArray>>;
}

/** A C function of the kernel library, as it is called and where its text comes from. */
export interface CFunction {
  /** C function and C file: nn_<what>_<type>, with the instruction set behind it where it needs one. */
  readonly name: string;
  /** Number of inputs and outputs of the C call; "variadic": the inputs come as one array of pointers. */
  readonly inputs: number | "variadic";
  readonly outputs: number;
  readonly params: readonly ParamField[];
  readonly constants: readonly ConstantSlot[];
  /** [input, output] pairs that may share their bytes when the element sizes are equal. */
  readonly inPlace: readonly (readonly [number, number])[];
  /**
   * How a call is cut into bands of rows: of the whole image, or of `rows` rows where the parameters do not say how
   * many there are. Undefined, or absent: it is not.
   */
  rows?(params: Params, rows?: number): Rows | undefined;
  /** The C text, printed from templates/kernels/<name>.{h,c}; absent: it lies in runtime-c. */
  readonly template?: { readonly name: string; readonly view: object };
}

/** Plain C that runs everywhere, and its meaning. The name is the key in the kernel table. */
export interface Kernel<P extends Params = Params> extends CFunction {
  rows?(params: P, rows?: number): Rows | undefined;
  /** How channels flow through a step; absent or undefined: each output may depend on all of each input. */
  channels?(params: P, context: FlowContext): ChannelFlow | undefined;
  /** Scratch bytes (planned in the arena like a tensor); 0: the C call has no scratch argument. */
  scratch(params: P): number;
  /**
   * The only output may overlap the first input when it starts at least so many bytes before it: nothing is written
   * over bytes that are still to be read. Absent: never.
   */
  lead?(params: P): number;
  /** The host reference: writes every element of the outputs. */
  run(params: P, buffers: KernelBuffers): void;
}

/** Gives a kernel record its precise parameter type while the table keeps the general one. */
export function defineKernel<P extends Params>(kernel: Kernel<P>): Kernel {
  return kernel as unknown as Kernel;
}

/** Scalar int32_t fields from space-separated names, in order. */
export function int32Fields(...names: string[]): ParamField[] {
  return scalarFields("int32_t", names);
}

/** Scalar float fields from space-separated names, in order. */
export function floatFields(...names: string[]): ParamField[] {
  return scalarFields("float", names);
}

function scalarFields(type: ParamField["type"], names: readonly string[]): ParamField[] {
  return names
    .join(" ")
    .split(" ")
    .map((name) => ({ name, type }));
}
