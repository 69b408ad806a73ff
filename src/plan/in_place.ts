/** Which outputs may take over the bytes of which inputs. */
import { bytesPerElement, elementCount } from "../graph/ir.js";
import type { Program } from "../graph/program.js";
import type { InPlaceOf } from "./dataflow.js";

/** Roots, equal in bytes and element size: `output` may overwrite `input` when that is read for the last time. */
export interface InPlacePair {
  readonly input: number;
  readonly output: number;
}

/**
 * The pairs that the kernel of each step allows and that its tensors fit: never an input that the step also reads
 * through another argument.
 */
export function inPlacePairs(program: Program, root: readonly number[], inPlaceOf: InPlaceOf): InPlacePair[][] {
  return program.steps.map((step) => {
    const pairs: InPlacePair[] = [];
    for (const [from, to] of inPlaceOf(step)) {
      const input = program.tensors[step.inputs[from]];
      const output = program.tensors[step.outputs[to]];
      if (
        input.constant === undefined &&
        elementCount(input.shape) === elementCount(output.shape) &&
        bytesPerElement(input.type) === bytesPerElement(output.type) &&
        step.inputs.every((id, argument) => argument === from || root[id] !== root[input.id])
      )
        pairs.push({ input: root[input.id], output: output.id });
    }
    return pairs;
  });
}

/**
 * The pairs to use in one step: those that share the most bytes, no root in two of them; the first listed of equals.
 * Exponential in the number of pairs, which kernels keep to a few.
 * @param dies whether the step is the last to read a root.
 */
export function chooseInPlace(
  pairs: readonly InPlacePair[],
  bytes: readonly number[],
  dies: (root: number) => boolean,
): readonly InPlacePair[] {
  const usable = pairs.filter((pair) => dies(pair.input));
  return usable.length <= 1 ? usable : best(usable, bytes);
}

function best(pairs: readonly InPlacePair[], bytes: readonly number[]): readonly InPlacePair[] {
  if (pairs.length === 0) return pairs;
  const [first, ...others] = pairs;
  const free = others.filter((pair) => pair.input !== first.input && pair.output !== first.output);
  const taken = [first, ...best(free, bytes)];
  if (free.length === others.length) return taken;
  const left = best(others, bytes);
  return sharedBytes(left, bytes) > sharedBytes(taken, bytes) ? left : taken;
}

/** Bytes that pairs save. */
export function sharedBytes(pairs: readonly InPlacePair[], bytes: readonly number[]): number {
  let sum = 0;
  for (const pair of pairs) sum += bytes[pair.output];
  return sum;
}
