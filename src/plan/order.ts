/** The order of the steps: topological, with the smallest peak of bytes in use that can be found. */
import type { Dataflow } from "./dataflow.js";
import { inputBytes, outputBytes } from "./live_bytes.js";
import { greedyOrder } from "./order_greedy.js";
import { searchOrder } from "./order_search.js";
import { segments, unavoidableBytes } from "./segments.js";

export interface Order {
  /** Indices of the Program's steps. */
  readonly steps: readonly number[];
  /** Largest number of bytes in use at once, scratch included. */
  readonly peak: number;
  /** No order has a smaller peak than this; equal to `peak` where the order is proved minimal. */
  readonly bound: number;
  /** States that the exact search visited; 0 where inputs, outputs or single steps prove the order. */
  readonly states: number;
}

/** States of the exact search for a whole program. */
const MAX_STATES = 50_000;
/** A state of a segment takes memory in proportion to the segment's steps: at most this many in all, times steps. */
const MAX_STATE_STEPS = 4_000_000;

/**
 * The Program's order, changed only in the segments whose peak is that of the whole program and can be lowered: exactly
 * where the search finishes, by a greedy rule otherwise. Never worse than the Program's order.
 */
export function chooseOrder(flow: Dataflow, maxStates = MAX_STATES): Order {
  const parts = segments(flow);
  let bound = unavoidableBytes(flow, parts);
  let peak = Math.max(inputBytes(flow), outputBytes(flow));
  let states = 0;
  const steps = [...flow.reads.keys()];
  for (const part of [...parts].sort((a, b) => b.peak - a.peak)) {
    let best = part.peak;
    const replace = (order: readonly number[], orderPeak: number) => {
      order.forEach((step, i) => {
        steps[part.first + i] = step;
      });
      best = orderPeak;
    };
    const level = Math.max(bound, peak);
    if (best > level) {
      const greedy = greedyOrder(flow, part);
      if (greedy.peak < best) replace(greedy.order, greedy.peak);
    }
    if (best > level) {
      const budget = Math.min(maxStates - states, Math.floor(MAX_STATE_STEPS / (part.end - part.first)));
      const found = searchOrder(flow, part, level, best, budget);
      states += found.states;
      if (found.bound > level) bound = found.bound;
      if (found.order) replace(found.order, found.bound);
    }
    peak = Math.max(peak, best);
  }
  return { steps, peak, bound, states };
}
