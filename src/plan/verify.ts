/**
 * Proves a plan right by walking through it, without any of the planner's own reasoning about lifetimes: it follows
 * which bytes each tensor holds, and no write may touch bytes that are still to be read.
 */
import { invariant } from "../errors.js";
import { bytesPerElement, elementCount } from "../graph/ir.js";
import { firmwareCall, type Program, streamedTensors } from "../graph/program.js";
import { type InPlaceOf, kernelInPlace, kernelLead, type LeadOf } from "./dataflow.js";
import type { Placement, Plan } from "./plan.js";

interface Range {
  /** "arena", or the name of a caller's buffer. */
  readonly memory: string;
  readonly from: number;
  readonly to: number;
}

/** Throws an internal error where the plan would corrupt a value, lies out of bounds or breaks its own alignment. */
export function verifyPlan(
  program: Program,
  plan: Plan,
  inPlaceOf: InPlaceOf = kernelInPlace,
  leadOf: LeadOf = kernelLead,
): void {
  const { tensors, steps } = program;
  checkPlacements(program, plan);
  const order = [...plan.steps].sort((a, b) => a - b);
  invariant(
    order.length === steps.length && order.every((step, i) => step === i),
    "the plan does not run every step exactly once",
  );

  const root = (id: number) => tensors[id].viewOf ?? id;
  const rangeOf = (id: number) => range(plan.placements[id]);
  // How often each root is still to be read; a graph output is read once more by the caller.
  const reads = new Map<number, number>();
  const isStored = (id: number) => tensors[id].constant === undefined;
  const count = (id: number, by: number) => reads.set(root(id), (reads.get(root(id)) ?? 0) + by);
  for (const step of steps) for (const id of step.inputs) count(id, 1);
  const states = program.states ?? [];
  const entered = [...program.inputs, ...states.map(({ input }) => input)];
  const results = [...program.outputs, ...states.map(({ output }) => output)];
  for (const id of results) count(id, 1);

  // Roots that hold a value somebody is still to read.
  const valid = new Set<number>();
  const write = (id: number, mayOverwrite: ReadonlySet<number>, who: string) => {
    for (const other of valid)
      invariant(
        mayOverwrite.has(other) || !overlap(rangeOf(id), rangeOf(other)),
        `${who} writes tensor ${id} over tensor ${other}`,
      );
    if (reads.get(id)) valid.add(id);
  };
  /** The first input of a step where its only output may lie over it: it is read for the last time, and far enough behind. */
  const overlapped = (index: number, output: number): number[] => {
    const { inputs, outputs } = steps[index];
    const input = root(inputs[0]);
    const lead = outputs.length === 1 ? leadOf(steps[index]) : undefined;
    if (lead === undefined || reads.get(input) !== 0 || inputs.filter((id) => root(id) === input).length > 1) return [];
    const [from, to] = [rangeOf(input), rangeOf(output)];
    return from.memory === "arena" && from.memory === to.memory && to.from + lead <= from.from ? [input] : [];
  };
  const nothing: ReadonlySet<number> = new Set();
  for (const id of entered) {
    write(id, nothing, "the caller");
    valid.add(id);
  }
  for (const id of entered) if (!reads.get(id)) valid.delete(id);

  for (const index of plan.steps) {
    const step = steps[index];
    const who = `step ${index}`;
    for (const id of step.inputs.filter(isStored))
      invariant(valid.has(root(id)), `${who} reads tensor ${id}, which holds no value`);
    const scratch = scratchRange(plan, index, firmwareCall(step).scratchBytes);
    if (scratch)
      for (const other of [...valid, ...step.outputs])
        invariant(!overlap(scratch, rangeOf(other)), `the scratch of ${who} lies over tensor ${other}`);
    for (const id of step.inputs) count(id, -1);
    step.outputs.forEach((id, position) => {
      invariant(
        plan.placements[id].region !== "input" && plan.placements[id].region !== "state",
        `${who} writes tensor ${id} into a buffer of the caller's input, or over a state`,
      );
      for (const other of step.outputs.slice(0, position))
        invariant(!overlap(rangeOf(id), rangeOf(other)), `${who} writes tensor ${id} over its own output ${other}`);
      const inPlace = inPlaceOf(step)
        .filter(([input, output]) => output === position && mayShare(program, index, input, output))
        .map(([input]) => root(step.inputs[input]))
        .filter((input) => reads.get(input) === 0 && sameRange(rangeOf(input), rangeOf(id)));
      write(id, new Set([...inPlace, ...overlapped(index, id)]), who);
    });
    for (const id of step.inputs) if (reads.get(root(id)) === 0) valid.delete(root(id));
  }
  for (const id of results) invariant(valid.has(root(id)), `graph output tensor ${id} holds no value at the end`);
}

function checkPlacements(program: Program, plan: Plan): void {
  const { tensors, inputs, outputs, states = [] } = program;
  const streamed = streamedTensors(program);
  const { arenaBytes, alignment, placements } = plan;
  invariant(arenaBytes % alignment === 0, `the arena of ${arenaBytes} bytes is no multiple of ${alignment}`);
  checkParts(plan);
  for (const { id, shape, type, viewOf, constant } of tensors) {
    const place = placements[id];
    invariant(place, `tensor ${id} has no place`);
    const bytes = elementCount(shape) * bytesPerElement(type);
    invariant(place.bytes === bytes, `tensor ${id} has ${bytes} bytes but is given ${place.bytes}`);
    if (constant !== undefined) {
      const right = place.region === "constant" && place.index === constant;
      invariant(right, `tensor ${id} is a constant and lies elsewhere`);
      continue;
    }
    if (streamed.has(id) || place.region === "lines") {
      const right = place.region === "lines" && place.index === streamed.get(id);
      invariant(right, `tensor ${id} does not lie in the line buffers of its cascade`);
      continue;
    }
    if (place.region === "arena") {
      invariant(place.offset % alignment === 0, `tensor ${id} is not aligned`);
      invariant(place.offset >= 0 && place.offset + bytes <= arenaBytes, `tensor ${id} ends outside the arena`);
    } else if (place.region === "state") {
      const { stateOffsets, persistentBytes } = plan;
      const end = stateOffsets[place.index + 1] ?? persistentBytes;
      const fits = states[place.index].input === (viewOf ?? id) && stateOffsets[place.index] + bytes <= end;
      invariant(fits, `tensor ${id} does not fit the memory of state ${place.index}`);
    } else {
      invariant(place.region !== "constant", `tensor ${id} lies in flash but is no constant`);
      const owner = (place.region === "input" ? inputs : outputs)[place.index];
      const inside = plan.ioBuffers === "caller" && placements[owner]?.bytes === bytes;
      invariant(inside, `tensor ${id} does not fit the buffer of graph ${place.region} ${place.index}`);
    }
    if (viewOf !== undefined) {
      const same = sameRange(range(place), range(placements[viewOf]));
      invariant(same, `tensor ${id} does not lie where the tensor it views does`);
    }
  }
  checkCallerBuffers(plan, "input", inputs);
  checkCallerBuffers(plan, "output", outputs);
}

/** The parts of the arena follow one another, and nothing lies in two of them. */
function checkParts(plan: Plan): void {
  const { parts, arenaBytes, storages, alignment } = plan;
  if (!parts) return;
  let end = 0;
  for (const { memory, from, bytes } of parts) {
    invariant(
      from === end && bytes % alignment === 0,
      `the part of the arena in memory ${memory} does not start at ${end}`,
    );
    end += bytes;
  }
  invariant(end === arenaBytes, `the parts of the arena have ${end} bytes of ${arenaBytes}`);
  for (const { placement } of storages)
    if (placement.region === "arena" && placement.bytes > 0) checkInside(plan, placement.offset, placement.bytes);
}

/** In one memory. */
function checkInside({ parts }: Plan, offset: number, bytes: number): void {
  const inside = !parts || parts.some(({ from, bytes: size }) => offset >= from && offset + bytes <= from + size);
  invariant(inside, `the bytes from ${offset} of the arena lie in two memories`);
}

/** Graph inputs and outputs lie in the arena, or each in the caller's buffer of its own index. */
function checkCallerBuffers({ ioBuffers, placements }: Plan, region: "input" | "output", ids: readonly number[]): void {
  ids.forEach((id, index) => {
    const place = placements[id];
    const right = ioBuffers === "arena" ? place.region === "arena" : place.region === region && place.index === index;
    invariant(right, `graph ${region} ${index} lies in the wrong buffer`);
  });
}

function scratchRange(plan: Plan, step: number, bytes: number): Range | null {
  const from = plan.scratch[step];
  invariant((from === null) === (bytes === 0), `step ${step} has scratch without need, or none although it needs it`);
  if (from === null) return null;
  invariant(from % plan.alignment === 0, `the scratch of step ${step} is not aligned`);
  invariant(from >= 0 && from + bytes <= plan.arenaBytes, `the scratch of step ${step} ends outside the arena`);
  checkInside(plan, from, bytes);
  return { memory: "arena", from, to: from + bytes };
}

/** Equal sizes, and the step reads the bytes through this one argument only. */
function mayShare({ tensors, steps }: Program, index: number, input: number, output: number): boolean {
  const { inputs, outputs } = steps[index];
  const from = tensors[inputs[input]];
  const to = tensors[outputs[output]];
  const root = (id: number) => tensors[id].viewOf ?? id;
  return (
    bytesPerElement(from.type) === bytesPerElement(to.type) &&
    elementCount(from.shape) === elementCount(to.shape) &&
    inputs.filter((id) => root(id) === root(from.id)).length === 1
  );
}

function range(place: Placement): Range {
  if (place.region === "arena") return { memory: "arena", from: place.offset, to: place.offset + place.bytes };
  return { memory: `${place.region} ${place.index}`, from: 0, to: place.bytes };
}

function overlap(a: Range, b: Range): boolean {
  return a.memory === b.memory && a.from < b.to && b.from < a.to;
}

function sameRange(a: Range, b: Range): boolean {
  return a.memory === b.memory && a.from === b.from && a.to === b.to;
}
