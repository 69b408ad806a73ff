/** Cuts the steps where every order must pass: the parts can be ordered one by one. */
import type { Dataflow } from "./dataflow.js";
import { inputBytes, orderBytes, outputBytes, startBytes, stepBytes } from "./live_bytes.js";

/** Steps first ... end - 1 of the Program. Every other step precedes all of them or follows all of them. */
export interface Segment {
  readonly first: number;
  readonly end: number;
  /** Bytes in use before the segment, whatever the order. */
  readonly live: number;
  /** Largest number of bytes in use during a step, in the Program's order. */
  readonly peak: number;
}

/**
 * The finest such cuts in linear time. A step that is comparable with every other one (ancestor or descendant) ends a
 * segment: all earlier steps have a successor no later than it, all later steps a predecessor no earlier than it.
 */
export function segments(flow: Dataflow): Segment[] {
  const count = flow.predecessors.length;
  // earliest[i]: smallest of the last predecessors of the steps after i.
  const earliest = new Array<number>(count).fill(count);
  for (let step = count - 1; step > 0; step--)
    earliest[step - 1] = Math.min(earliest[step], Math.max(-1, ...flow.predecessors[step]));
  const bytes = orderBytes(flow, [...flow.predecessors.keys()]);
  const result: Segment[] = [];
  let first = 0;
  let live = startBytes(flow);
  let peak = 0;
  let latest = 0;
  for (let step = 0; step < count; step++) {
    peak = Math.max(peak, bytes[step].during);
    if ((latest <= step && earliest[step] >= step) || step === count - 1) {
      result.push({ first, end: step + 1, live, peak });
      first = step + 1;
      live = bytes[step].after;
      peak = 0;
    }
    latest = Math.max(latest, flow.successors[step][0] ?? count);
  }
  return result;
}

/**
 * Bytes that no order of the steps can do without: the graph's inputs, its outputs, and for each step what it reads
 * and writes, its scratch, and what lives through its whole segment.
 */
export function unavoidableBytes(flow: Dataflow, parts: readonly Segment[]): number {
  let bound = Math.max(inputBytes(flow), outputBytes(flow));
  for (const part of parts)
    bound = Math.max(bound, part.end - part.first === 1 ? part.peak : unavoidableIn(flow, part));
  return bound;
}

function unavoidableIn(flow: Dataflow, { first, end, live }: Segment): number {
  const { bytes, reads, readers, writer } = flow;
  const mayDie = (root: number) => !flow.outputs.has(root) && readers[root][readers[root].length - 1] < end;
  let through = live;
  const consumed = new Set<number>();
  for (let step = first; step < end; step++)
    for (const root of reads[step]) if (writer[root] < first && mayDie(root)) consumed.add(root);
  for (const root of consumed) through -= bytes[root];
  let bound = 0;
  for (let step = first; step < end; step++) {
    let before = through;
    for (const root of reads[step]) if (writer[root] >= first || consumed.has(root)) before += bytes[root];
    bound = Math.max(bound, stepBytes(flow, step, before, mayDie).during);
  }
  return bound;
}
