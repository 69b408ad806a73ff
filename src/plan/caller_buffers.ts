/** Which roots lie outside the arena: in buffers of the caller, or in the memory of states. */
import { invariant } from "../errors.js";
import type { Program } from "../graph/program.js";
import type { InPlacePair } from "./in_place.js";

/** The buffer passed as in[index] or out[index], or the place of state `index`. */
export interface CallerBuffer {
  readonly region: "input" | "output" | "state";
  readonly index: number;
}

/**
 * Root -> buffer. Besides the graph's own inputs and outputs, a root that only the step producing an output reads, and
 * that this step may overwrite, lies in the output's buffer; so does, in turn, what it overwrites. The rule does not
 * depend on the order of the steps, so the order can be chosen knowing what the arena holds. An input's buffer is
 * never written.
 */
export function callerBuffers(
  program: Program,
  root: readonly number[],
  writer: readonly number[],
  readers: readonly (readonly number[])[],
  inPlace: readonly (readonly InPlacePair[])[],
): Map<number, CallerBuffer> {
  const buffers = new Map<number, CallerBuffer>();
  program.inputs.forEach((id, index) => {
    buffers.set(id, { region: "input", index });
  });
  const results = program.outputs.map((id) => root[id]);
  results.forEach((output, index) => {
    invariant(!buffers.has(output), `graph output ${index} shares its bytes with another graph input or output`);
    buffers.set(output, { region: "output", index });
  });
  // A state is there before any step, and what it becomes is read after the last one.
  const kept = new Set((program.states ?? []).map(({ output }) => root[output]));
  const mayMove = (input: number) => writer[input] >= 0 && !kept.has(input);
  results.forEach((output, index) => {
    let current: number | undefined = output;
    while (current !== undefined) {
      buffers.set(current, { region: "output", index });
      const step: number = writer[current];
      current = inPlace[step].find(
        ({ input, output: made }) =>
          made === current && mayMove(input) && !buffers.has(input) && readers[input].length === 1,
      )?.input;
    }
  });
  return buffers;
}
