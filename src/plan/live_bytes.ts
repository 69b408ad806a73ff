/** The bytes of the arena that are in use while steps run. */
import { overlapBytes } from "./conflicts.js";
import type { Dataflow, StepOverlap } from "./dataflow.js";
import { chooseInPlace, type InPlacePair, sharedBytes } from "./in_place.js";

export interface StepBytes {
  /** While the step runs: what was live, its outputs as far as they are not in place, its scratch. */
  readonly during: number;
  /** After it: without its scratch and what it read for the last time. */
  readonly after: number;
}

/**
 * The bytes in use around one step.
 * @param live bytes in use before it.
 * @param dies whether the step is the last to read a root.
 */
export function stepBytes(flow: Dataflow, step: number, live: number, dies: (root: number) => boolean): StepBytes {
  const { bytes } = flow;
  const pairs = chooseInPlace(flow.inPlace[step], bytes, dies);
  let during = live + flow.scratch[step] - sharedBytes(pairs, bytes);
  const overlap = usableOverlap(flow, step, pairs, dies);
  if (overlap) during -= overlapBytes(bytes[overlap.input], bytes[overlap.output], overlap.lead);
  let after = live;
  for (const output of flow.writes[step]) {
    during += bytes[output];
    if (outlivesItsWriter(flow, output)) after += bytes[output];
  }
  for (const input of flow.reads[step]) if (dies(input)) after -= bytes[input];
  return { during, after };
}

/** The overlap of a step beside the pairs chosen to be in place; none over a root that lives on. */
export function usableOverlap(
  flow: Dataflow,
  step: number,
  pairs: readonly InPlacePair[],
  dies: (root: number) => boolean,
): StepOverlap | null {
  const overlap = flow.overlap[step];
  if (!overlap || !dies(overlap.input)) return null;
  const taken = pairs.some(({ input, output }) => input === overlap.input || output === overlap.output);
  return taken ? null : overlap;
}

function outlivesItsWriter(flow: Dataflow, root: number): boolean {
  return flow.readers[root].length > 0 || flow.outputs.has(root);
}

/** Bytes in use before the first step runs, once inputs without any reader are given up. */
export function startBytes(flow: Dataflow): number {
  return sum(flow.inputs.filter((root) => outlivesItsWriter(flow, root)).map((root) => flow.bytes[root]));
}

/** Bytes of the graph's inputs: all are in use before the first step. */
export function inputBytes(flow: Dataflow): number {
  return sum(flow.inputs.map((root) => flow.bytes[root]));
}

/** Bytes of the graph's outputs: all are in use after the last step. */
export function outputBytes(flow: Dataflow): number {
  return sum([...flow.outputs].map((root) => flow.bytes[root]));
}

/** The bytes around every step of an order. */
export function orderBytes(flow: Dataflow, order: readonly number[]): StepBytes[] {
  const unread = flow.readers.map((steps) => steps.length);
  let live = startBytes(flow);
  return order.map((step) => {
    for (const root of flow.reads[step]) unread[root] -= 1;
    const bytes = stepBytes(flow, step, live, (root) => unread[root] === 0 && !flow.outputs.has(root));
    live = bytes.after;
    return bytes;
  });
}

/** The largest number of bytes in use at once under an order: no placement of it fits a smaller arena. */
export function peakBytes(flow: Dataflow, order: readonly number[]): number {
  let peak = Math.max(inputBytes(flow), outputBytes(flow));
  for (const { during } of orderBytes(flow, order)) peak = Math.max(peak, during);
  return peak;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
