/** The program on the kept channels alone. */
import { constantPool } from "../graph/constant_pool.js";
import { elementCount, type Shape } from "../graph/ir.js";
import type { Program, ProgramTensor, Step } from "../graph/program.js";
import { countKept, type Flags, keptBefore, keptElements } from "../kernels/channels.js";
import { kernelOf } from "../kernels/index.js";
import { constantsOf, type Flows, repeated } from "./flows.js";
import type { Kept } from "./kept.js";
import { type ChannelRanges, inputRanges } from "./ranges.js";

/** @returns the program, and by step of the given one its successor, or undefined where it is gone */
export function narrowProgram(flows: Flows, ranges: ChannelRanges, kept: Kept) {
  const { program, root } = flows;
  const pool = constantPool();
  const flagsOf = (id: number) => kept.channels.get(root[id])!;
  const isWhole = (id: number) => !flagsOf(id).includes(0);

  const used = new Set([...program.inputs, ...program.outputs].map((id) => root[id]));
  for (const { input, output } of program.states ?? []) used.add(root[input]).add(root[output]);
  program.steps.forEach(({ inputs, outputs }, index) => {
    if (kept.steps[index])
      for (const id of [...inputs, ...outputs])
        if (flagsOf(id).length === 0 || flagsOf(id).includes(1)) used.add(root[id]);
  });
  const ids = new Map<number, number>();
  for (const { id } of program.tensors) if (used.has(root[id])) ids.set(id, ids.size);

  const steps = program.steps.map((step, index) => (kept.steps[index] ? narrowStep(step, index) : undefined));
  const tensors = program.tensors.filter(({ id }) => ids.has(id)).map(narrowTensor);
  const renumber = (id: number) => ids.get(id)!;
  const result: Program = {
    ...program,
    tensors,
    constants: pool.constants,
    steps: steps.filter((step) => step !== undefined),
    inputs: program.inputs.map(renumber),
    outputs: program.outputs.map(renumber),
    ...(program.states && {
      states: program.states.map((state) => ({
        ...state,
        input: renumber(state.input),
        output: renumber(state.output),
      })),
    }),
  };
  return { program: result, steps };

  function narrowTensor(tensor: ProgramTensor): ProgramTensor {
    const flags = flagsOf(tensor.id);
    const data = tableOf(tensor);
    return {
      ...tensor,
      id: ids.get(tensor.id)!,
      shape: narrowShape(tensor.shape, flags),
      ...(tensor.viewOf !== undefined && { viewOf: ids.get(tensor.viewOf)! }),
      ...(data && { constant: pool.intern(tensor.type, data) }),
    };
  }

  function tableOf({ id, constant }: ProgramTensor) {
    if (kept.tables.has(root[id])) {
      const values = Int8Array.from(ranges.get(root[id])!.min);
      return keptElements(repeatedTable(values, elementCount(program.tensors[id].shape)), flagsOf(id));
    }
    if (constant === undefined) return undefined;
    const { data } = program.constants[constant];
    return isWhole(id) ? data : keptElements(data, flagsOf(id));
  }

  function narrowStep(step: Step, index: number): Step {
    const flow = flows.flows[index];
    const intern = (tables: ReturnType<typeof constantsOf>) =>
      Object.fromEntries(
        kernelOf(step.kernel).constants.map(({ name, type }) => [name, pool.intern(type, tables[name])]),
      );
    const inputs = step.inputs.filter((id) => ids.has(id));
    const tensorIds = { inputs: inputs.map((id) => ids.get(id)!), outputs: step.outputs.map((id) => ids.get(id)!) };
    const tables = constantsOf(program, step);
    if (!flow || [...step.inputs, ...step.outputs].every(isWhole)) {
      return { ...step, ...tensorIds, constants: intern(tables) };
    }
    const flags = (tensors: readonly number[], counts: readonly number[]) =>
      tensors.map((id, i) => repeated(flagsOf(id), counts[i]));
    const sides = { inputs: flags(step.inputs, flow.inputs), outputs: flags(step.outputs, flow.outputs) };
    const narrowed = flow.narrow(sides, inputRanges(flows, ranges, index));
    const params = { ...step.params, ...narrowed.params };
    return {
      ...step,
      ...tensorIds,
      params,
      constants: intern({ ...tables, ...narrowed.constants }),
      scratchBytes: kernelOf(step.kernel).scratch(params),
      macs: Math.round(step.macs * (narrowed.macs ?? 1)),
    };
  }
}

function repeatedTable(values: Int8Array, elements: number): Int8Array {
  return Int8Array.from({ length: elements }, (_, i) => values[i % values.length]);
}

/** The shortest run of last axes that holds whole sets of channels shrinks. */
function narrowShape(shape: Shape, kept: Flags): Shape {
  if (countKept(kept) === kept.length) return shape;
  let axis = shape.length;
  let length = 1;
  while (length % kept.length !== 0) length *= shape[--axis];
  const narrowed = keptBefore(length, kept);
  const inner = length / shape[axis];
  if (narrowed % inner === 0) return shape.with(axis, narrowed / inner);
  return shape.map((size, i) => (i < axis ? size : i === axis ? narrowed : 1));
}
