/**
 * What holds for every order of the steps: who writes and who reads which bytes, how many they are, and which of them
 * a step may overwrite. Tensors that share bytes by `viewOf` are one root, named by the id of the tensor viewed.
 */
import { invariant } from "../errors.js";
import { bytesPerElement, elementCount } from "../graph/ir.js";
import { firmwareCall, type Program, type ProgramTensor, type Step, streamedTensors } from "../graph/program.js";
import { cFunctionOf, findKernel } from "../kernels/index.js";
import { type CallerBuffer, callerBuffers } from "./caller_buffers.js";
import { type InPlacePair, inPlacePairs } from "./in_place.js";

/** [input, output] positions of a step that may share their bytes. */
export type InPlaceOf = (step: Step) => readonly (readonly [number, number])[];

/** Least bytes by which the output of a step must start before its first input to overlap it; undefined: never. */
export type LeadOf = (step: Step) => number | undefined;

export const kernelLead: LeadOf = (step) =>
  step.cascade
    ? step.cascade.lead
    : step.implementation
      ? step.implementation.lead
      : findKernel(step.kernel)?.lead?.(step.params);

/** What the kernel says; an output that may start where the first input does is in place as well. */
export const kernelInPlace: InPlaceOf = (step) => {
  if (step.cascade) return step.cascade.inPlace ? [[0, 0]] : [];
  const { inPlace } = cFunctionOf(firmwareCall(step).kernel);
  const lead = kernelLead(step);
  const more = lead !== undefined && lead <= 0 && !inPlace.some(([input, output]) => input === 0 && output === 0);
  return more ? [...inPlace, [0, 0]] : inPlace;
};

export interface DataflowOptions {
  /** Where the graph's inputs and outputs lie: in the arena, or in buffers that the caller passes. */
  readonly ioBuffers: "arena" | "caller";
  /** Offsets in the arena are multiples of this many bytes. */
  readonly alignment: number;
  readonly inPlaceOf: InPlaceOf;
  /** Default: what the kernel says. */
  readonly leadOf?: LeadOf;
}

/** The output of a step over its first input, both roots in the arena: see Overlap in conflicts.ts. */
export interface StepOverlap {
  readonly input: number;
  readonly output: number;
  readonly lead: number;
}

/** Arrays are indexed by tensor id (only roots have meaning) or by the index of the step in the Program. */
export interface Dataflow {
  /** Tensor id -> its root. */
  readonly root: readonly number[];
  /** Root -> bytes that it takes in the arena, a multiple of the alignment; 0 in a caller's buffer. */
  readonly bytes: readonly number[];
  /** Root -> the caller's buffer that holds it. */
  readonly callerBuffer: ReadonlyMap<number, CallerBuffer>;
  /** Root -> the step that writes it; -1 for an input of the graph. */
  readonly writer: readonly number[];
  /** Root -> the steps that read it, ascending. */
  readonly readers: readonly (readonly number[])[];
  /** Roots of the graph's inputs and outputs, each once. */
  readonly inputs: readonly number[];
  readonly outputs: ReadonlySet<number>;
  /** Step -> roots that it reads and writes, each once. */
  readonly reads: readonly (readonly number[])[];
  readonly writes: readonly (readonly number[])[];
  /** Step -> steps whose results it reads, each once. */
  readonly predecessors: readonly (readonly number[])[];
  readonly successors: readonly (readonly number[])[];
  /** Step -> pairs of roots in the arena that may share bytes if the first is read there for the last time. */
  readonly inPlace: readonly (readonly InPlacePair[])[];
  /** Step -> the overlap that it allows if it reads the input for the last time. */
  readonly overlap: readonly (StepOverlap | null)[];
  /** Step -> scratch bytes, a multiple of the alignment. */
  readonly scratch: readonly number[];
}

/** Bytes of the elements of a tensor. */
export function tensorBytes(tensor: ProgramTensor): number {
  return elementCount(tensor.shape) * bytesPerElement(tensor.type);
}

export function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** The dataflow of a program whose steps stand in a valid order and write every root exactly once. */
export function dataflow(program: Program, options: DataflowOptions): Dataflow {
  const { tensors, steps } = program;
  const root = tensors.map((tensor) => tensor.viewOf ?? tensor.id);
  tensors.forEach((tensor, index) => {
    invariant(tensor.id === index, `tensor ${index} has the id ${tensor.id}`);
    const viewed = tensors[root[index]];
    invariant(viewed && viewed.viewOf === undefined, `tensor ${index} is a view of something that is no root`);
    invariant(tensorBytes(tensor) === tensorBytes(viewed), `tensor ${index} is not as large as the tensor it views`);
  });

  const writer = writers(program);
  const unique = (ids: readonly number[]) => [...new Set(ids.map((id) => root[id]))];
  const isStored = (id: number) => tensors[id].constant === undefined;
  const reads = steps.map((step) => unique(step.inputs.filter(isStored)));
  const writes = steps.map((step) => [...step.outputs]);
  const predecessors = reads.map((roots) => [...new Set(roots.map((r) => writer[r]))].filter((step) => step >= 0));
  const inputs = [...program.inputs, ...(program.states ?? []).map(({ input }) => input)];
  const outputs = new Set(unique([...program.outputs, ...(program.states ?? []).map(({ output }) => output)]));
  const readers = invert(reads, tensors.length);

  const candidates = inPlacePairs(program, root, options.inPlaceOf);
  const callerBuffer =
    options.ioBuffers === "caller"
      ? callerBuffers(program, root, writer, readers, candidates)
      : new Map<number, CallerBuffer>();
  const states = program.states ?? [];
  states.forEach(({ input }, index) => {
    callerBuffer.set(input, { region: "state", index });
  });
  const bytes = tensors.map((tensor) =>
    callerBuffer.has(tensor.id) ? 0 : alignUp(tensorBytes(tensor), options.alignment),
  );
  const overlapOf = (step: Step): StepOverlap | null => {
    const least = step.outputs.length === 1 ? (options.leadOf ?? kernelLead)(step) : undefined;
    if (least === undefined || !isStored(step.inputs[0])) return null;
    const input = root[step.inputs[0]];
    const [output] = step.outputs;
    const lead = Math.max(options.alignment, alignUp(least, options.alignment));
    const once = step.inputs.filter((id) => root[id] === input).length === 1;
    return once && lead < bytes[output] && bytes[input] > 0 ? { input, output, lead } : null;
  };
  return {
    root,
    bytes,
    callerBuffer,
    writer,
    readers,
    inputs,
    outputs,
    reads,
    writes,
    predecessors,
    successors: invert(predecessors, steps.length),
    inPlace: candidates.map((pairs) =>
      pairs.filter((pair) => !callerBuffer.has(pair.input) && !callerBuffer.has(pair.output)),
    ),
    overlap: steps.map(overlapOf),
    scratch: steps.map((step) => alignUp(firmwareCall(step).scratchBytes, options.alignment)),
  };
}

/** Root -> step that writes it; -1 for an input of the graph. */
function writers(program: Program): number[] {
  const { tensors, steps, inputs, outputs, states = [] } = program;
  const writer = new Array<number | undefined>(tensors.length);
  const isWritten = (id: number) =>
    tensors[id].constant !== undefined || writer[tensors[id].viewOf ?? id] !== undefined;
  const write = (id: number, by: number, who: string) => {
    invariant(tensors[id]?.viewOf === undefined, `${who} writes tensor ${id}, which is a view`);
    invariant(!isWritten(id), `${who} writes tensor ${id}, which is already written`);
    writer[id] = by;
  };
  for (const id of [...inputs, ...states.map(({ input }) => input)]) write(id, -1, "the caller");
  steps.forEach((step, index) => {
    for (const id of step.inputs) invariant(isWritten(id), `step ${index} reads tensor ${id} before it is written`);
    for (const id of step.outputs) write(id, index, `step ${index}`);
  });
  for (const id of [...outputs, ...states.map(({ output }) => output)])
    invariant(isWritten(id), `graph output tensor ${id} is never written`);
  const streamed = streamedTensors(program);
  tensors.forEach((_, id) => {
    invariant(isWritten(id) || streamed.has(id), `tensor ${id} is never written`);
  });
  return writer as number[];
}

/** lists[a] contains b  ->  result[b] contains a, ascending. */
function invert(lists: readonly (readonly number[])[], count: number): number[][] {
  const result: number[][] = Array.from({ length: count }, () => []);
  lists.forEach((list, index) => {
    for (const item of list) result[item].push(index);
  });
  return result;
}
