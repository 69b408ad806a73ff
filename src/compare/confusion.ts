/** Which class was taken for which. */
import { topClass } from "./metrics.js";

/** counts[label][predicted]. */
export type Confusion = readonly (readonly number[])[];

/** More classes make a matrix that nobody reads. */
const MOST_CLASSES = 64;

/** A matrix of zeros, or null for outputs that are no choice among 2 to MOST_CLASSES classes with those labels. */
export function emptyConfusion(classes: number, labels: ArrayLike<number>): number[][] | null {
  if (classes < 2 || classes > MOST_CLASSES) return null;
  for (let i = 0; i < labels.length; i++) if (labels[i] >= classes) return null;
  return Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
}

export function countClass(confusion: number[][], label: number, output: ArrayLike<number>): void {
  confusion[label][topClass(output)]++;
}
