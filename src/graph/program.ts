/**
 * The Program: what the firmware does, step by step. `lower` makes it from a Graph; the planner places its tensors,
 * the emitter prints it, the host runs it. Plain data, so that it is stored beside the firmware as JSON.
 */
import type { Shape, TypedArray } from "./ir.js";

/** Element types that live in the arena and in constant tables. */
export type StorageType = "int8" | "uint8" | "int16" | "int32" | "float32" | "uint16" | "uint32";

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
}

export interface Program {
  readonly precision: "int8" | "float32";
  readonly tensors: readonly ProgramTensor[];
  readonly constants: readonly Constant[];
  /** In execution order. */
  readonly steps: readonly Step[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
