/** What every channel of a program can hold: interval analysis with the kernels' own arithmetic, from inputs to outputs. */
import { elementCount } from "../graph/ir.js";
import { emptyRanges, fullRanges, include, isConstant, type Ranges } from "../kernels/channels.js";
import { type Flows, repeated } from "./flows.js";

/** By root. */
export type ChannelRanges = ReadonlyMap<number, Ranges>;

export function channelRanges(flows: Flows): ChannelRanges {
  const { program, root, channels } = flows;
  const ranges = new Map<number, Ranges>();
  for (const { id, type, constant } of program.tensors) {
    if (root[id] !== id) continue;
    const count = channels.get(id)!;
    const data = constant === undefined ? undefined : program.constants[constant].data;
    ranges.set(id, data instanceof Int8Array ? constantRanges(data, count) : fullRanges(type, count));
  }
  program.steps.forEach(({ outputs }, index) => {
    const flow = flows.flows[index];
    if (!flow) return;
    const results = flow.ranges(inputRanges(flows, ranges, index));
    outputs.forEach((id, i) => {
      const { type, viewOf } = program.tensors[id];
      if (viewOf !== undefined && type !== program.tensors[viewOf].type) return;
      ranges.set(root[id], merged(results[i], channels.get(root[id])!));
    });
  });
  return ranges;
}

/** The ranges of a step's inputs, as its flow counts channels. */
export function inputRanges({ program, root, flows }: Flows, ranges: ChannelRanges, index: number): Ranges[] {
  return program.steps[index].inputs.map((id, i) => {
    const count = flows[index]!.inputs[i];
    const { type } = program.tensors[id];
    if (type !== program.tensors[root[id]].type) return fullRanges(type, count);
    const { min, max } = ranges.get(root[id])!;
    return { min: repeated(min, count), max: repeated(max, count) };
  });
}

/** Whether every element of a root is known; only int8 values are told apart by comparison. */
export function isKnown({ program, fixed }: Flows, ranges: ChannelRanges, root: number): boolean {
  const known = ranges.get(root)!;
  return (
    program.tensors[root].type === "int8" &&
    !fixed.has(root) &&
    known.min.every((_, channel) => isConstant(known, channel))
  );
}

function constantRanges(data: Int8Array, channels: number): Ranges {
  const result = emptyRanges(channels);
  data.forEach((value, i) => {
    include(result, i % channels, value, value);
  });
  return result;
}

function merged({ min, max }: Ranges, channels: number): Ranges {
  if (min.length === channels) return { min, max };
  const result = emptyRanges(channels);
  min.forEach((low, i) => {
    include(result, i % channels, low, max[i]);
  });
  return result;
}

/** Elements of a root. */
export function elementsOf({ program }: Flows, root: number): number {
  return elementCount(program.tensors[root].shape);
}
