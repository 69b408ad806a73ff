/**
 * Exact search for the order of a segment with the smallest peak, over the sets of steps done so far (the bytes in use
 * depend on the set alone). States are taken in increasing peak, so that the peak reached is at any time a proven
 * bound. Ahn et al., "Ordering Chaos" (MLSys 2020), search the same states.
 */
import type { Dataflow } from "./dataflow.js";
import { stepBytes } from "./live_bytes.js";
import type { Segment } from "./segments.js";

export interface SearchResult {
  /** An order with peak `bound` or less; null if there is none below the limit, or the search gave up. */
  readonly order: readonly number[] | null;
  /** No order of the segment has a peak below this, or below the level the search started from. */
  readonly bound: number;
  /** States visited. */
  readonly states: number;
}

interface State {
  /** Bit i: step first + i is done. */
  readonly done: Uint16Array;
  readonly key: string;
  /** Steps whose predecessors are done, ascending. */
  readonly ready: readonly number[];
  readonly live: number;
  readonly peak: number;
  readonly step: number;
  readonly before: State | null;
}

/**
 * @param level any peak up to this is as good as any other.
 * @param limit only orders with a smaller peak are of interest.
 */
export function searchOrder(
  flow: Dataflow,
  { first, end, live }: Segment,
  level: number,
  limit: number,
  maxStates: number,
): SearchResult {
  let bound = level;
  let states = 0;
  const isDone = (done: Uint16Array, step: number) =>
    step < first || (step < end && ((done[(step - first) >> 4] >> ((step - first) & 15)) & 1) === 1);
  const cost = (state: State, step: number) =>
    stepBytes(
      flow,
      step,
      state.live,
      (root) =>
        !flow.outputs.has(root) && flow.readers[root].every((reader) => reader === step || isDone(state.done, reader)),
    );
  const execute = (state: State, step: number, during: number, after: number): State => {
    states += 1;
    const done = state.done.slice();
    done[(step - first) >> 4] |= 1 << ((step - first) & 15);
    const enabled = flow.successors[step].filter(
      (next) => next < end && flow.predecessors[next].every((p) => isDone(done, p)),
    );
    const ready = [...state.ready.filter((other) => other !== step), ...enabled].sort((a, b) => a - b);
    const peak = Math.max(state.peak, during);
    return { done, key: String.fromCharCode(...done), ready, live: after, peak, step, before: state };
  };
  /**
   * Steps that fit under the peak reached and leave no more bytes than they found are done at once: moved to the front
   * of any order they make no later step dearer, since every root is then read for the last time no later than before.
   */
  const settle = (from: State): State => {
    let state = from;
    for (let i = 0; i < state.ready.length && states < maxStates; i++) {
      const { during, after } = cost(state, state.ready[i]);
      if (during > Math.max(bound, state.peak) || after > state.live) continue;
      state = execute(state, state.ready[i], during, after);
      i = -1;
    }
    return state;
  };

  const seen = new Map<string, number>();
  const done = new Uint16Array(Math.ceil((end - first) / 16));
  const roots = [];
  for (let step = first; step < end; step++) if (flow.predecessors[step].every((p) => p < first)) roots.push(step);
  let open = [settle({ done, key: "", ready: roots, live, peak: level, step: -1, before: null })];
  let deferred: State[] = [];
  while (states < maxStates) {
    const state = open.pop();
    if (!state) {
      if (deferred.length === 0) return { order: null, bound: limit, states };
      bound = deferred.reduce((least, { peak }) => Math.min(least, peak), limit);
      open = deferred.filter(({ peak }) => peak <= bound);
      deferred = deferred.filter(({ peak }) => peak > bound);
      continue;
    }
    if (state.ready.length === 0) return { order: path(state), bound, states };
    if ((seen.get(state.key) ?? state.peak) < state.peak) continue;
    const next = state.ready
      .map((step) => ({ step, ...cost(state, step) }))
      .filter(({ during }) => during < limit)
      .sort((a, b) => b.after - a.after || b.step - a.step);
    for (const { step, during, after } of next) {
      const child = settle(execute(state, step, during, after));
      if (seen.has(child.key) && seen.get(child.key)! <= Math.max(child.peak, bound)) continue;
      seen.set(child.key, Math.max(child.peak, bound));
      (child.peak <= bound ? open : deferred).push(child);
    }
  }
  return { order: null, bound, states };
}

function path(last: State): number[] {
  const steps: number[] = [];
  for (let state: State | null = last; state?.before; state = state.before) steps.push(state.step);
  return steps.reverse();
}
