/** Which channels the outputs need: the least set that holds the interface and what every kept channel asks for. */
import { bytesPerElement } from "../graph/ir.js";
import { type Flags, keepAlike } from "../kernels/channels.js";
import { type Flows, repeated } from "./flows.js";
import { type ChannelRanges, elementsOf, inputRanges, isKnown } from "./ranges.js";

export interface Kept {
  /** By root and channel. */
  readonly channels: ReadonlyMap<number, Flags>;
  /** By step. */
  readonly steps: readonly boolean[];
  /** Roots that are read from a table instead of being computed: every element is known. */
  readonly tables: ReadonlySet<number>;
}

export function keptChannels(flows: Flows, ranges: ChannelRanges): Kept {
  const { program, root } = flows;
  const tables = knownTables(flows, ranges);
  const channels = new Map<number, Flags>();
  for (const [id, count] of flows.channels) {
    const flags = new Uint8Array(count);
    if (flows.fixed.has(id)) flags.fill(1);
    channels.set(id, flags);
  }
  const neighbours = new Map<number, number[]>();
  program.steps.forEach(({ inputs, outputs }, index) => {
    for (const id of new Set([...inputs, ...outputs].map((tensor) => root[tensor]))) {
      const steps = neighbours.get(id);
      if (steps) steps.push(index);
      else neighbours.set(id, [index]);
    }
  });

  const steps = program.steps.map(() => false);
  // The last step first; then those whose tensors have changed.
  const pending = [...program.steps.keys()];
  const waiting = program.steps.map(() => true);
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    waiting[index] = false;
    // An output without elements is asked for too, though it has no channel to keep.
    const isAsked = (id: number) =>
      !tables.has(root[id]) && (flows.fixed.has(root[id]) || channels.get(root[id])!.includes(1));
    if (!program.steps[index].outputs.some(isAsked)) continue;
    steps[index] = true;
    for (const changed of visit(index)) {
      for (const neighbour of neighbours.get(changed)!) {
        if (waiting[neighbour]) continue;
        waiting[neighbour] = true;
        pending.push(neighbour);
      }
    }
  }
  return { channels, steps, tables };

  /** Sets what the step asks for; gives the roots that have changed. */
  function visit(index: number): number[] {
    const { inputs, outputs } = program.steps[index];
    const flow = flows.flows[index];
    const changed: number[] = [];
    const set = (id: number, wanted: (channel: number) => number) => {
      const flags = channels.get(root[id])!;
      const before = flags.slice();
      keepAlike(flags.map((_, channel) => wanted(channel)) as Flags, flags);
      if (flags.some((flag, channel) => flag !== before[channel])) changed.push(root[id]);
    };
    if (!flow) {
      for (const id of [...inputs, ...outputs]) set(id, () => 1);
      return changed;
    }
    const expand = (ids: readonly number[], counts: readonly number[]) =>
      ids.map((id, i) => repeated(channels.get(root[id])!, counts[i]));
    const kept = { inputs: expand(inputs, flow.inputs), outputs: expand(outputs, flow.outputs) };
    flow.require(kept, inputRanges(flows, ranges, index));
    if (!flow.dropsInputs) for (const flags of kept.inputs) if (!flags.includes(1)) flags[0] = 1;
    const collapse = (ids: readonly number[], sides: readonly Flags[]) =>
      ids.forEach((id, i) => {
        const own = new Uint8Array(channels.get(root[id])!.length);
        sides[i].forEach((flag, channel) => {
          own[channel % own.length] |= flag;
        });
        set(id, (channel) => own[channel]);
      });
    collapse(inputs, kept.inputs);
    collapse(outputs, kept.outputs);
    return changed;
  }
}

/** Roots of which every element is known, where their table takes no more flash than the step that computes them. */
function knownTables(flows: Flows, ranges: ChannelRanges): Set<number> {
  const { program, root } = flows;
  const tables = new Set<number>();
  const fromFlash = (id: number) => program.tensors[id].constant !== undefined || tables.has(id);
  for (const { inputs, outputs, constants } of program.steps) {
    if (outputs.length !== 1) continue;
    const id = root[outputs[0]];
    if (!isKnown(flows, ranges, id)) continue;
    const own = Object.values(constants).reduce(
      (sum, constant) => sum + program.constants[constant].data.byteLength,
      0,
    );
    const read = inputs.map((input) => root[input]).filter(fromFlash);
    const flash = read.reduce(
      (sum, input) => sum + elementsOf(flows, input) * bytesPerElement(program.tensors[input].type),
      own,
    );
    if (elementsOf(flows, id) <= flash) tables.add(id);
  }
  return tables;
}
