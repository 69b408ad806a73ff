/** The range of every value: one rule for all, or for each value the rule that holds best on rows it has not seen. */
import type { Calibration, Seen } from "./calibrate.js";
import { CANDIDATES, type ObserverKind, type Range, rangeOf, squaredError } from "./observers.js";

export interface ChosenRanges {
  readonly ranges: Map<string, Range>;
  /** By value. */
  readonly observers: Map<string, ObserverKind>;
}

/** @param outputs names of the model's outputs */
export function chooseRanges(calibration: Calibration, kind: ObserverKind, outputs: readonly string[]): ChosenRanges {
  const result: ChosenRanges = { ranges: new Map(), observers: new Map() };
  for (const [name, { all, halves }] of calibration) {
    const chosen = kind.kind === "best" ? bestObserver(halves, outputs.includes(name)) : kind;
    result.ranges.set(name, rangeOf(all, chosen));
    result.observers.set(name, chosen);
  }
  return result;
}

/**
 * Weight of what is clipped at an output: nothing behind it averages large errors of few elements out, and the largest
 * values are what it is read for.
 */
const CLIPPED_OUTPUT = 4;

/**
 * The candidate with the least squared error of rounding and clipping on one half of the rows when the range comes from the
 * other, both ways: what fits the rows too tightly loses. Only outputs may have a margin.
 */
function bestObserver([first, second]: Seen["halves"], isOutput: boolean): ObserverKind {
  if (first.total === 0 || second.total === 0) return CANDIDATES[0];
  const clipping = isOutput ? CLIPPED_OUTPUT : 1;
  let best = { kind: CANDIDATES[0], error: Number.POSITIVE_INFINITY };
  for (const kind of CANDIDATES) {
    if (!isOutput && kind.kind === "minmax" && kind.margin) continue;
    const error =
      squaredError(second, rangeOf(first, kind), clipping) + squaredError(first, rangeOf(second, kind), clipping);
    if (error < best.error) best = { kind, error };
  }
  return best.kind;
}
