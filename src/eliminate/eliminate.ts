/**
 * Program -> Program without the channels that cannot change an output, equal to it in every byte of every output.
 *
 * Interval analysis finds what each channel can hold (ranges.ts); one that always has the same value is folded into the
 * bias of the layers that read it. Of the rest the outputs need only what they are computed from (kept.ts). It works on
 * stored integers, behind lowering: multipliers and shifts of the channels that stay are those that they had, so no
 * result is rounded anew, and |bias| grows by no more than the products that leave the sum, so the proof that no
 * accumulator overflows still holds.
 */
import type { OrtAgreement, Program, Step } from "../graph/program.js";
import { countKept } from "../kernels/channels.js";
import { channelFlows, constantsOf, type Flows } from "./flows.js";
import { type Kept, keptChannels } from "./kept.js";
import { narrowProgram } from "./narrow.js";
import { type ChannelRanges, channelRanges, inputRanges } from "./ranges.js";

export interface Change {
  readonly before: number;
  readonly after: number;
}

/** A layer of which something was eliminated; "after" is 0 where the whole layer was. */
export interface EliminatedFrom {
  readonly node: string;
  readonly operator: string;
  /** Of its first input and of its first output. */
  readonly inputChannels: Change;
  readonly channels: Change;
  readonly macs: Change;
  /** Of its tables; one that layers share counts for each. */
  readonly tableBytes: Change;
  /** Of a layer that is gone: see Step. */
  readonly ortAgreement?: OrtAgreement;
}

export interface Elimination {
  readonly program: Program;
  readonly layers: readonly EliminatedFrom[];
}

/** An int8 program without what it can do without; a float32 one as it is. */
export function eliminateChannels(given: Program): Elimination {
  if (given.precision !== "int8") return { program: given, layers: [] };
  const before = analyse(given);
  const program = withoutIdentities(before);
  const { flows, ranges } = program === given ? before : analyse(program);
  const kept = keptChannels(flows, ranges);
  const isWhole = program.steps.every(
    ({ inputs, outputs }, index) =>
      kept.steps[index] && [...inputs, ...outputs].every((id) => !kept.channels.get(flows.root[id])!.includes(0)),
  );
  const narrowed = isWhole ? { program, steps: program.steps } : narrowProgram(flows, ranges, kept);
  const successors = new Map(program.steps.map((step, index) => [step, narrowed.steps[index]]));
  const layers: EliminatedFrom[] = [];
  given.steps.forEach((step, index) => {
    const after = successors.get(step);
    const change = describe(given, index, narrowed.program, after, flows, kept);
    if (change) layers.push(change);
  });
  return { program: narrowed.program, layers };
}

interface Analysis {
  readonly flows: Flows;
  readonly ranges: ChannelRanges;
}

function analyse(program: Program): Analysis {
  const flows = channelFlows(program);
  return { flows, ranges: channelRanges(flows) };
}

/** Steps that give what they get, for all that they can get, are left out: their output is another name of the input. */
function withoutIdentities({ flows, ranges }: Analysis): Program {
  const { program, root, fixed } = flows;
  const same = new Map<number, number>();
  const followed = (id: number): number => (same.has(root[id]) ? followed(same.get(root[id])!) : root[id]);
  const steps = program.steps.filter(({ inputs: [input], outputs: [output] }, index) => {
    const flow = flows.flows[index];
    if (!flow?.isIdentity?.(inputRanges(flows, ranges, index)) || fixed.has(root[output])) return true;
    same.set(root[output], input);
    return false;
  });
  if (same.size === 0) return program;
  const tensors = program.tensors.map((tensor) => {
    const source = followed(tensor.id);
    return source === root[tensor.id]
      ? tensor
      : { ...tensor, viewOf: source, ...constantOf(program.tensors[source].constant) };
  });
  return { ...program, tensors, steps };
}

function constantOf(constant: number | undefined) {
  return constant === undefined ? {} : { constant };
}

function describe(
  given: Program,
  index: number,
  program: Program,
  after: Step | undefined,
  flows: Flows,
  kept: Kept,
): EliminatedFrom | undefined {
  const step = given.steps[index];
  const change = (id: number | undefined): Change => {
    if (id === undefined) return { before: 0, after: 0 };
    const flags = kept.channels.get(flows.root[id])!;
    const last = given.tensors[id].shape.at(-1) ?? 1;
    const before = last % flags.length === 0 ? last : flags.length;
    return { before, after: after ? (before / flags.length) * countKept(flags) : 0 };
  };
  const inputChannels = change(step.inputs[0]);
  const channels = change(step.outputs[0]);
  const macs = { before: step.macs, after: after?.macs ?? 0 };
  const tableBytes = { before: bytesOf(given, step), after: after ? bytesOf(program, after) : 0 };
  const changes = [inputChannels, channels, macs, tableBytes];
  if (after && changes.every((c) => c.before === c.after)) return undefined;
  const { node, operator, ortAgreement } = step;
  return {
    ...{ node, operator, inputChannels, channels, macs, tableBytes },
    ...(!after && ortAgreement && { ortAgreement }),
  };
}

function bytesOf(program: Program, step: Step): number {
  return Object.values(constantsOf(program, step)).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
