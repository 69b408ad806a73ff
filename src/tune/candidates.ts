/**
 * Programs that call what is to be measured: the model as it is, and beside each of its layers the other ways to compute
 * it, on the same inputs, into outputs that nobody reads. So one build measures many candidates.
 */
import { constantPool } from "../graph/constant_pool.js";
import { type Program, type ProgramTensor, type Step, withUsedConstants } from "../graph/program.js";
import type { Target } from "../kernels/variant.js";
import { tensorBytes } from "../plan/dataflow.js";
import { stepRows } from "../select/cascade.js";
import { callKey, costsOf, type MeasuredCall } from "../select/costs.js";
import { type Option, optionsOf } from "../select/options.js";

/** A way to compute a layer, and what it is thought to take. */
export interface Candidate {
  /** See callKey. */
  readonly call: string;
  /** The step that it computes, in the given program. */
  readonly index: number;
  readonly option: Option;
}

/** Every option of every step, each call once. @param program with plain steps, see plainProgram */
export function candidatesOf(program: Program, target: Target, known: readonly MeasuredCall[] = []) {
  const { constants, intern } = constantPool(program.constants);
  const costs = costsOf(target, known);
  const rows = stepRows(program);
  const options = program.steps.map(
    (step, index) => optionsOf(program, step, rows[index], target, costs, intern).options,
  );
  const measured = new Set(known.map(({ call }) => call));
  const candidates: Candidate[] = [];
  for (const [index, list] of options.entries())
    for (const option of list) {
      const call = callKey(program, option.step);
      if (!measured.has(call)) candidates.push({ call, index, option });
      measured.add(call);
    }
  return { program: { ...program, constants }, options, candidates };
}

/**
 * The program with the fastest option of each step, and the given candidates beside them.
 * @returns the program, and the call of each of its steps
 */
export function measuringProgram(
  given: Program,
  fastest: readonly Step[],
  candidates: readonly Candidate[],
): { program: Program; calls: readonly string[] } {
  const tensors: ProgramTensor[] = [...given.tensors];
  const steps: Step[] = [];
  const unread = (id: number): number => {
    const { name, type, shape, scale, zeroPoint } = given.tensors[id];
    tensors.push({ id: tensors.length, name, type, shape, ...(scale !== undefined && { scale, zeroPoint }) });
    return tensors.length - 1;
  };
  const own = fastest.map((step) => callKey(given, step));
  for (const [index, step] of fastest.entries()) {
    for (const candidate of candidates) {
      if (candidate.index !== index || candidate.call === own[index]) continue;
      steps.push({ ...candidate.option.step, outputs: step.outputs.map(unread) });
    }
    steps.push(step);
  }
  const program = withUsedConstants({ ...given, tensors, steps });
  return { program, calls: program.steps.map((step) => callKey(program, step)) };
}

/** Flash that a candidate adds to a firmware at most: its tables and its code. */
const flashOf = ({ option }: Candidate) => option.tableBytes + option.codeBytes;

/** Candidates in rounds, each with no more tables and code than fit into so many bytes besides the program itself. */
export function roundsOf(candidates: readonly Candidate[], bytes: number): Candidate[][] {
  const rounds: Candidate[][] = [];
  let room = 0;
  for (const candidate of candidates) {
    const size = flashOf(candidate);
    if (size > room || rounds.length === 0) {
      rounds.push([]);
      room = bytes;
    }
    rounds[rounds.length - 1].push(candidate);
    room -= size;
  }
  return rounds;
}

/** Bytes of what a step writes: what a candidate adds to the arena at most. */
export const outputBytes = ({ tensors }: Program, step: Step): number =>
  step.outputs.reduce((sum, id) => sum + tensorBytes(tensors[id]), 0);
