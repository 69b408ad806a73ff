/** The host reference: runs a Program step by step with the kernels' `run`, equal to the firmware in every bit. */
import { elementCount, newArray, type TypedArray } from "../graph/ir.js";
import type { Program, Step } from "../graph/program.js";
import { kernelOf } from "../kernels/index.js";

/** Called after each step with its index and the arrays it wrote. */
export type OnStep = (step: Step, index: number, outputs: readonly TypedArray[]) => void;

export interface HostProgram {
  /** The array of a program tensor; inputs are written here before `run`, outputs read from here after it. */
  buffer(tensor: number): TypedArray;
  run(onStep?: OnStep): void;
}

/** Allocates every tensor once; runs may be repeated. */
export function hostProgram(program: Program): HostProgram {
  const buffers: TypedArray[] = [];
  for (const tensor of program.tensors) {
    buffers.push(
      tensor.constant !== undefined
        ? program.constants[tensor.constant].data
        : tensor.viewOf !== undefined
          ? buffers[tensor.viewOf]
          : newArray(tensor.type, elementCount(tensor.shape)),
    );
  }
  const prepared = program.steps.map((step) => ({
    step,
    kernel: kernelOf(step.kernel),
    buffers: {
      inputs: step.inputs.map((id) => buffers[id]),
      outputs: step.outputs.map((id) => buffers[id]),
      constants: Object.fromEntries(
        Object.entries(step.constants).map(([name, id]) => [name, program.constants[id].data]),
      ),
    },
  }));
  return {
    buffer: (tensor) => buffers[tensor],
    run(onStep) {
      prepared.forEach(({ step, kernel, buffers: io }, index) => {
        kernel.run(step.params, io);
        onStep?.(step, index, io.outputs);
      });
    },
  };
}

/** Runs one row and gives copies of the outputs. */
export function runRow(host: HostProgram, program: Program, row: readonly TypedArray[], onStep?: OnStep): TypedArray[] {
  program.inputs.forEach((id, i) => {
    (host.buffer(id) as Float64Array).set(row[i] as Float64Array);
  });
  host.run(onStep);
  return program.outputs.map((id) => host.buffer(id).slice() as TypedArray);
}
