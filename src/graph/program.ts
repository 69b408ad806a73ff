/**
 * The Program: what the firmware does, step by step. `lower` makes it from a Graph; the planner places its tensors,
 * the emitter prints it, the host runs it. Plain data, so that it is stored beside the firmware as JSON.
 */
import { invariant } from "../errors.js";
import type { Rows } from "../kernels/rows.js";
import type { ElementType, Shape, TypedArray } from "./ir.js";

/** Element types that live in the arena and in constant tables; bool is one byte, 0 or 1. */
export type StorageType = ElementType;

export interface ProgramTensor {
  readonly id: number;
  /** The ONNX value name; never printed into C. */
  readonly name: string;
  readonly type: StorageType;
  readonly shape: Shape;
  /** Per-tensor quantisation of an integer tensor. */
  readonly scale?: number;
  readonly zeroPoint?: number;
  /** Id of the tensor whose bytes this one reinterprets (Reshape): no storage of its own. Never chained. */
  readonly viewOf?: number;
  /** Id of the constant that holds the tensor's bytes: lives in flash, never in the arena. */
  readonly constant?: number;
}

/** A read-only table in flash. Identical tables share one constant. */
export interface Constant {
  readonly id: number;
  readonly type: StorageType;
  readonly data: TypedArray;
}

/** Where a layer stands for an onnxruntime kernel on integers: whether it gives the same results. */
export interface OrtAgreement {
  /** Output channels, and those whose results are proved to be equal for every accumulator that inputs can reach. */
  readonly channels: number;
  readonly proved: number;
  /** Accumulators with another result, over all channels. */
  readonly differing: number;
}

/** What the firmware calls for a step, where that is not the plain kernel: a variant of it for the target. */
export interface StepImplementation {
  /** Variant (src/kernels/variants) and its C function. */
  readonly variant: string;
  readonly kernel: string;
  readonly params: Step["params"];
  readonly constants: Step["constants"];
  readonly scratchBytes: number;
  /** See Implementation in src/kernels/variant.ts. */
  readonly lead?: number;
  /** Modelled cycles; of a stage of a cascade, those of all its calls. */
  readonly cycles: number;
}

/** A step of a cascade. */
export interface Stage {
  readonly step: Step;
  readonly rows: Rows;
  /** Calls of its kernel. */
  readonly calls: number;
  /**
   * Line buffer in the scratch of the cascade: the rows of its output that are still to be read. Absent for the last
   * stage, whose rows go to the output.
   */
  readonly lines?: { readonly offset: number; readonly rows: number };
}

/**
 * Steps that run together, rows by rows: what lies between them is never there as a whole, and nothing is computed
 * twice. The host runs them one after the other; the results are the same.
 */
export interface Cascade {
  /** In order; the last one writes the only output. */
  readonly stages: readonly Stage[];
  /** Rows of the output that are made at a time. */
  readonly band: number;
  /** Offset, in the scratch of the cascade, of the scratch that the stages share. */
  readonly scratchOffset: number;
  /** The output may take over the bytes of the first input. */
  readonly inPlace: boolean;
  /** See Implementation in src/kernels/variant.ts. */
  readonly lead?: number;
  /** Modelled cycles beside those of its kernels. */
  readonly cycles?: number;
}

/** Its own kernel is the meaning, and what the host runs. */
export interface Step {
  /** Key in the kernel table; also the C function. */
  readonly kernel: string;
  /** The ONNX node it comes from and its operator, for messages and reports. */
  readonly node: string;
  readonly operator: string;
  /** Tensor ids. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Constant ids by the names in the kernel's `constants`, in that order. */
  readonly constants: Readonly<Record<string, number>>;
  /** Values for the fields of the kernel's parameter struct. */
  readonly params: Readonly<Record<string, number | readonly number[]>>;
  readonly scratchBytes: number;
  /** Multiply-accumulates of the step. */
  readonly macs: number;
  readonly ortAgreement?: OrtAgreement;
  readonly implementation?: StepImplementation;
  /** The step stands for others, and has no kernel of its own: kernel is "cascade". */
  readonly cascade?: Cascade;
}

/** The steps with a kernel that a step stands for: itself, or those of its cascade. */
export function kernelSteps(step: Step): readonly Step[] {
  return step.cascade ? step.cascade.stages.map((stage) => stage.step) : [step];
}

/** Tensors that exist in the line buffers of a cascade only, with the index of its step. */
export function streamedTensors({ steps, tensors }: Program): Map<number, number> {
  const streamed = new Map<number, number>();
  steps.forEach(({ cascade }, index) => {
    for (const { step, lines } of cascade?.stages ?? []) if (lines) streamed.set(step.outputs[0], index);
  });
  for (const { id, viewOf } of tensors) {
    const index = viewOf === undefined ? undefined : streamed.get(viewOf);
    if (index !== undefined) streamed.set(id, index);
  }
  return streamed;
}

/** The C call that the firmware makes for a step. */
export function firmwareCall(step: Step): Pick<Step, "kernel" | "params" | "constants" | "scratchBytes"> {
  return step.implementation ?? step;
}

/** Ids of the constants that lie in the firmware: tables of its calls, and values of tensors. */
export function firmwareConstants({ steps, tensors, outputs }: Program): Set<number> {
  const calls = steps.flatMap(kernelSteps).map(firmwareCall);
  const ids = new Set(calls.flatMap((call) => Object.values(call.constants)));
  const used = new Set([...steps.flatMap((step) => [...step.inputs, ...step.outputs]), ...outputs]);
  for (const { id, constant } of tensors) if (constant !== undefined && used.has(id)) ids.add(constant);
  return ids;
}

/** A value that lasts from call to call: `input` holds it, and takes over what `output` is at the end of a call. */
export interface State {
  /** Tensor ids; equal in type and size. */
  readonly input: number;
  readonly output: number;
  /** Stored value of every element before the first call: 0, or the zero point. */
  readonly initial: number;
}

/** Positions in Program.outputs: of what is counted along `axis`, and of its count. See Counted of the graph. */
export interface CountedOutput {
  readonly output: number;
  readonly count: number;
  readonly axis: number;
}

export interface Program {
  readonly precision: "int8" | "float32";
  readonly tensors: readonly ProgramTensor[];
  readonly constants: readonly Constant[];
  /** In execution order. */
  readonly steps: readonly Step[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Neither among the inputs nor among the outputs. */
  readonly states?: readonly State[];
  /** Outputs of a length that depends on the data. */
  readonly counted?: readonly CountedOutput[];
}

/** A program whose kernels are chosen, as it was before: the plain kernel of every step, layer by layer. */
export function plainProgram(program: Program): Program {
  const steps = program.steps.flatMap(kernelSteps).map(({ implementation: _, ...step }) => step);
  return withUsedConstants({ ...program, steps });
}

/** With those of its constants alone that its steps and tensors name, in the firmware or on the host, numbered anew. */
export function withUsedConstants(program: Program): Program {
  const ofSteps = program.steps.flatMap(kernelSteps).flatMap(({ constants }) => Object.values(constants));
  const ofTensors = program.tensors.flatMap(({ constant }) => (constant === undefined ? [] : [constant]));
  const used = new Set([...ofSteps, ...ofTensors, ...firmwareConstants(program)]);
  const kept = program.constants.filter(({ id }) => used.has(id));
  const renamed = new Map(kept.map(({ id }, index) => [id, index]));
  const idOf = (id: number): number => {
    const found = renamed.get(id);
    invariant(found !== undefined, `constant ${id} of a program`);
    return found;
  };
  const rename = (constants: Step["constants"]): Step["constants"] =>
    Object.fromEntries(Object.entries(constants).map(([name, id]) => [name, idOf(id)]));
  const renameStep = ({ implementation, cascade, ...step }: Step): Step => ({
    ...step,
    constants: rename(step.constants),
    ...(implementation && { implementation: { ...implementation, constants: rename(implementation.constants) } }),
    ...(cascade && {
      cascade: { ...cascade, stages: cascade.stages.map((stage) => ({ ...stage, step: renameStep(stage.step) })) },
    }),
  });
  return {
    ...program,
    constants: kept.map((constant, index) => ({ ...constant, id: index })),
    steps: program.steps.map(renameStep),
    tensors: program.tensors.map((tensor) =>
      tensor.constant === undefined ? tensor : { ...tensor, constant: idOf(tensor.constant) },
    ),
  };
}
