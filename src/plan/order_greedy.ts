/** List scheduling: of the steps that are ready, always the one that costs the fewest bytes. */
import type { Dataflow } from "./dataflow.js";
import { type StepBytes, stepBytes } from "./live_bytes.js";
import type { Segment } from "./segments.js";

export interface SegmentOrder {
  readonly order: readonly number[];
  /** Largest number of bytes in use during a step. */
  readonly peak: number;
}

type Rule = (a: StepBytes, b: StepBytes) => number;
const RULES: readonly Rule[] = [
  (a, b) => a.after - b.after || a.during - b.during,
  (a, b) => a.during - b.during || a.after - b.after,
];

/** The better of two greedy orders of a segment: fewest bytes after the step, or fewest during it. */
export function greedyOrder(flow: Dataflow, segment: Segment): SegmentOrder {
  const [first, ...others] = RULES.map((rule) => schedule(flow, segment, rule));
  return others.reduce((best, other) => (other.peak < best.peak ? other : best), first);
}

function schedule(flow: Dataflow, { first, end, live: start }: Segment, rule: Rule): SegmentOrder {
  const inside = (step: number) => step >= first && step < end;
  const waiting = new Map<number, number>();
  const unread = new Map<number, number>();
  for (let step = first; step < end; step++) {
    waiting.set(step, flow.predecessors[step].filter(inside).length);
    for (const root of flow.reads[step])
      if (!unread.has(root)) unread.set(root, flow.readers[root].filter((reader) => reader >= first).length);
  }
  const dies = (root: number) => unread.get(root) === 1 && !flow.outputs.has(root);
  // Ready steps and what each adds to the bytes in use; that changes only when it becomes the last reader of a root.
  const ready = new Map<number, StepBytes>();
  const price = (step: number) => ready.set(step, stepBytes(flow, step, 0, dies));
  for (const [step, count] of waiting) if (count === 0) price(step);
  const order: number[] = [];
  let live = start;
  let peak = 0;
  while (ready.size > 0) {
    const [step, cost] = cheapest(ready, rule);
    ready.delete(step);
    order.push(step);
    peak = Math.max(peak, live + cost.during);
    live += cost.after;
    for (const root of flow.reads[step]) {
      unread.set(root, unread.get(root)! - 1);
      if (dies(root)) for (const reader of flow.readers[root]) if (ready.has(reader)) price(reader);
    }
    for (const next of flow.successors[step]) {
      if (!inside(next)) continue;
      waiting.set(next, waiting.get(next)! - 1);
      if (waiting.get(next) === 0) price(next);
    }
  }
  return { order, peak };
}

/** The first step in the Program's order of those that the rule ranks lowest. */
function cheapest(ready: ReadonlyMap<number, StepBytes>, rule: Rule): [number, StepBytes] {
  const [first, ...others] = ready;
  let best = first;
  for (const other of others) {
    const difference = rule(other[1], best[1]);
    if (difference < 0 || (difference === 0 && other[0] < best[0])) best = other;
  }
  return best;
}
