/** The host reference: runs a Program step by step with the kernels' `run`, equal to the firmware in every bit. */
import { UserError } from "../errors.js";
import { elementCount, newArray, type TypedArray } from "../graph/ir.js";
import { kernelSteps, type Program, type Step, type StorageType } from "../graph/program.js";
import { kernelOf } from "../kernels/index.js";

/** Called after each step with its index and the arrays it wrote. */
export type OnStep = (step: Step, index: number, outputs: readonly TypedArray[]) => void;

export interface HostProgram {
  /** The array of a program tensor; inputs are written here before `run`, outputs read from here after it. */
  buffer(tensor: number): TypedArray;
  run(onStep?: OnStep): void;
  /** Gives the states the values that they have before the first run. */
  reset(): void;
}

/** Elements of all values of a program together: far beyond any device, and what the host holds without trouble. */
const MAX_ELEMENTS = 2 ** 26;

/** Throws E_SHAPE_TOO_LARGE for a program whose values take more than the host holds for `rows` rows. */
function checkSize(program: Program, rows: number): void {
  const own = program.tensors.filter(({ constant, viewOf }) => constant === undefined && viewOf === undefined);
  if (rows * own.reduce((sum, { shape }) => sum + elementCount(shape), 0) > MAX_ELEMENTS) {
    throw new UserError(
      "E_SHAPE_TOO_LARGE",
      `the values of the model have more than ${MAX_ELEMENTS} elements together, too many to run it here`,
    );
  }
}

/** An array for every tensor of the program; states have the values that they begin with. */
function allocate(program: Program): TypedArray[] {
  const buffers: TypedArray[] = [];
  for (const tensor of program.tensors) {
    buffers.push(
      tensor.constant !== undefined
        ? program.constants[tensor.constant].data
        : tensor.viewOf !== undefined
          ? asType(buffers[tensor.viewOf], program.tensors[tensor.viewOf].type, tensor.type)
          : newArray(tensor.type, elementCount(tensor.shape)),
    );
  }
  resetStates(program, buffers);
  return buffers;
}

function resetStates({ states }: Program, buffers: readonly TypedArray[]): void {
  for (const { input, initial } of states ?? []) {
    (buffers[input] as Float64Array).fill(valueIn(buffers[input], initial));
  }
}

/** The kernel calls of a step on the arrays of a row. */
function callsOf(step: Step, constants: Program["constants"], buffers: readonly TypedArray[]) {
  const arrays = (ids: readonly number[]) => ids.map((id) => buffers[id]);
  return kernelSteps(step).map(({ kernel, params, inputs, outputs, constants: tables }) => {
    const named = Object.entries(tables).map(([name, id]) => [name, constants[id].data] as const);
    const io = { inputs: arrays(inputs), outputs: arrays(outputs), constants: Object.fromEntries(named) };
    return { kernel: kernelOf(kernel), params, io };
  });
}

/** Allocates every tensor once; runs may be repeated. Throws E_SHAPE_TOO_LARGE before it does. */
export function hostProgram(program: Program): HostProgram {
  checkSize(program, 1);
  const buffers = allocate(program);
  const prepared = program.steps.map((step) => ({
    step,
    outputs: step.outputs.map((id) => buffers[id]),
    calls: callsOf(step, program.constants, buffers),
  }));
  return {
    buffer: (tensor) => buffers[tensor],
    reset: () => resetStates(program, buffers),
    run(onStep) {
      prepared.forEach(({ step, outputs, calls }, index) => {
        for (const { kernel, params, io } of calls) kernel.run(params, io);
        onStep?.(step, index, outputs);
      });
      for (const { input, output } of program.states ?? []) {
        (buffers[input] as Float64Array).set(buffers[output] as Float64Array);
      }
    },
  };
}

/** Independent rows side by side, one step at a time: for what looks at a layer on all rows before the next one runs. */
export interface HostRows {
  /** The array of a program tensor in each row. */
  buffers(tensor: number): readonly TypedArray[];
  /** Runs a step in every row, with the constants of `program`, which may be others than at first. */
  run(step: Step, program: Program): void;
}

/** Throws E_SHAPE_TOO_LARGE where the rows together are too many values. */
export function hostRows(program: Program, rows: number): HostRows {
  checkSize(program, rows);
  const all = Array.from({ length: rows }, () => allocate(program));
  return {
    buffers: (tensor) => all.map((buffers) => buffers[tensor]),
    run(step, { constants }) {
      for (const buffers of all) {
        for (const { kernel, params, io } of callsOf(step, constants, buffers)) kernel.run(params, io);
      }
    },
  };
}

/** The same bytes as elements of another type of that size. */
function asType(array: TypedArray, from: StorageType, to: StorageType): TypedArray {
  if (from === to) return array;
  const View = newArray(to, 0).constructor as new (buffer: ArrayBufferLike, at: number, length: number) => TypedArray;
  return new View(array.buffer, array.byteOffset, array.length);
}

/** A 64-bit array takes bigint. */
function valueIn(array: TypedArray, value: number): number {
  return array instanceof BigInt64Array || array instanceof BigUint64Array ? (BigInt(value) as never) : value;
}

/** Runs one row and gives copies of the outputs. */
export function runRow(host: HostProgram, program: Program, row: readonly TypedArray[], onStep?: OnStep): TypedArray[] {
  program.inputs.forEach((id, i) => {
    (host.buffer(id) as Float64Array).set(row[i] as Float64Array);
  });
  host.run(onStep);
  return program.outputs.map((id) => host.buffer(id).slice() as TypedArray);
}
