/** Oracles that try everything, written from the definitions alone. */
import { bytesPerElement, elementCount } from "../../src/graph/ir.js";
import type { Program } from "../../src/graph/program.js";
import type { Block, Overlap } from "../../src/plan/conflicts.js";
import type { TestProgram } from "./programs.js";

const roundUp = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Every topological order of the steps. */
export function* allOrders(program: Program, done: readonly number[] = []): Generator<readonly number[]> {
  if (done.length === program.steps.length) yield done;
  const root = (id: number) => program.tensors[id].viewOf ?? id;
  const constants = program.tensors.filter(({ constant }) => constant !== undefined).map(({ id }) => id);
  const written = new Set([...constants, ...program.inputs, ...done.flatMap((step) => program.steps[step].outputs)]);
  for (const [index, step] of program.steps.entries())
    if (!done.includes(index) && step.inputs.every((id) => written.has(root(id))))
      yield* allOrders(program, [...done, index]);
}

/** The largest live set of an order when inputs and outputs lie in the arena, with the best in-place choice per step. */
export function peakOf({ program, inPlaceOf, leadOf }: TestProgram, order: readonly number[]): number {
  const { tensors, steps } = program;
  const root = (id: number) => tensors[id].viewOf ?? id;
  const size = (id: number) => roundUp(elementCount(tensors[id].shape) * bytesPerElement(tensors[id].type));
  const total = (ids: Iterable<number>) => [...ids].reduce((sum, id) => sum + size(id), 0);
  const wanted = (id: number, position: number) =>
    program.outputs.some((output) => root(output) === id) ||
    order.slice(position).some((step) => steps[step].inputs.some((input) => root(input) === id));
  let peak = Math.max(total(program.inputs), total(new Set(program.outputs.map(root))));
  const written = [...program.inputs];
  for (const [position, index] of order.entries()) {
    const step = steps[index];
    const live = written.filter((id) => wanted(id, position));
    const dying = live.filter((id) => !wanted(id, position + 1));
    const pairs = inPlaceOf(step)
      .map(([from, to]) => ({ from: step.inputs[from], to: step.outputs[to] }))
      .filter(
        ({ from, to }) =>
          dying.includes(root(from)) &&
          step.inputs.filter((id) => root(id) === root(from)).length === 1 &&
          elementCount(tensors[from].shape) === elementCount(tensors[to].shape) &&
          bytesPerElement(tensors[from].type) === bytesPerElement(tensors[to].type),
      );
    let saved = 0;
    for (let subset = 0; subset < 2 ** pairs.length; subset++) {
      const chosen = pairs.filter((_, i) => (subset >> i) & 1);
      const distinct = (ids: number[]) => new Set(ids).size === ids.length;
      if (distinct(chosen.map(({ from }) => root(from))) && distinct(chosen.map(({ to }) => to)))
        saved = Math.max(saved, total(chosen.map(({ to }) => to)));
    }
    const lead = leadOf(step);
    const [input] = step.inputs.map(root);
    if (lead !== undefined && step.outputs.length === 1 && dying.includes(input) && size(input) > 0) {
      const once = step.inputs.filter((id) => root(id) === input).length === 1;
      const [from, to] = [size(input), size(step.outputs[0])];
      if (once) saved = Math.max(saved, from + to - Math.max(to, from + Math.max(16, roundUp(lead))));
    }
    peak = Math.max(peak, total(live) + total(step.outputs) - saved + roundUp(step.scratchBytes));
    written.push(...step.outputs);
  }
  return peak;
}

/** The smallest arena for blocks whose sizes are multiples of `unit`: tries every offset of every block. */
export function smallestArena(blocks: readonly Block[], unit: number, overlaps: readonly Overlap[] = []): number {
  const maySee = (a: number, b: number, from: number, to: number) =>
    overlaps.some(({ input, output, lead }) => input === a && output === b && to + lead <= from);
  const offsets: number[] = [];
  const fits = (capacity: number): boolean => {
    const block = blocks[offsets.length];
    if (!block) return true;
    for (let offset = 0; offset + block.bytes <= capacity; offset += unit) {
      const clash = offsets.some((other, i) => {
        const { first, last, bytes } = blocks[i];
        if (maySee(i, offsets.length, other, offset) || maySee(offsets.length, i, offset, other)) return false;
        return first <= block.last && block.first <= last && offset < other + bytes && other < offset + block.bytes;
      });
      if (clash) continue;
      offsets.push(offset);
      const found = fits(capacity);
      offsets.pop();
      if (found) return true;
    }
    return false;
  };
  const liveAt = (position: number) =>
    blocks.reduce((sum, { first, last, bytes }) => sum + (first <= position && position <= last ? bytes : 0), 0);
  const disjoint = overlaps.length === 0;
  let capacity = Math.max(...blocks.map(({ bytes, first }) => (disjoint ? liveAt(first) : bytes)));
  while (!fits(capacity)) capacity += unit;
  return capacity;
}
