/** Runs a plan on tagged bytes: every byte knows who wrote it last, so a read of anything else shows. */
import { bytesPerElement, elementCount } from "../../src/graph/ir.js";
import type { Program } from "../../src/graph/program.js";
import type { InPlaceOf, LeadOf } from "../../src/plan/dataflow.js";
import type { Plan } from "../../src/plan/plan.js";

const SCRATCH = -2;

/** What went wrong, in words; null if every read found what was written for it. */
export function runTagged(
  program: Program,
  plan: Plan,
  inPlaceOf: InPlaceOf,
  leadOf: LeadOf = () => undefined,
): string | null {
  const arena = new Int32Array(plan.arenaBytes).fill(-1);
  const sizeOf = (id: number) => elementCount(program.tensors[id].shape) * bytesPerElement(program.tensors[id].type);
  const buffers = {
    input: program.inputs.map((id) => new Int32Array(sizeOf(id)).fill(-1)),
    output: program.outputs.map((id) => new Int32Array(sizeOf(id)).fill(-1)),
    state: (program.states ?? []).map(({ input }) => new Int32Array(sizeOf(input)).fill(-1)),
  };
  const flash = new Map<number, Int32Array>();
  for (const { id, constant } of program.tensors)
    if (constant !== undefined) flash.set(constant, new Int32Array(sizeOf(id)).fill(id));
  const bytesOf = (id: number): Int32Array => {
    const place = plan.placements[id];
    if (place.region === "lines") throw new Error("a program without cascades has no line buffers");
    if (place.region === "constant") return flash.get(place.index) ?? new Int32Array(0);
    if (place.region !== "arena") return buffers[place.region][place.index].subarray(0, sizeOf(id));
    return arena.subarray(place.offset, place.offset + sizeOf(id));
  };
  const tag = (id: number) => program.tensors[id].viewOf ?? id;
  const holds = (id: number) => bytesOf(id).length === sizeOf(id) && bytesOf(id).every((byte) => byte === tag(id));

  for (const id of program.inputs) bytesOf(id).fill(id);
  for (const id of program.inputs) if (!holds(id)) return `input ${id} is not intact at the start`;
  const readOnly = (id: number) => plan.placements[id].region === "input" || plan.placements[id].region === "constant";
  for (const index of plan.steps) {
    const step = program.steps[index];
    for (const id of step.inputs) if (!holds(id)) return `step ${index} finds input ${id} damaged`;
    for (const id of step.outputs) {
      if (readOnly(id)) return `step ${index} writes into the caller's input or into flash`;
      bytesOf(id).fill(id);
    }
    const at = plan.scratch[index];
    if (step.scratchBytes > 0) {
      if (at === null || at + step.scratchBytes > arena.length) return `step ${index} has no room for its scratch`;
      arena.fill(SCRATCH, at, at + step.scratchBytes);
    }
    for (const id of step.outputs) if (!holds(id)) return `step ${index} damages its own output ${id}`;
    // A kernel may read its inputs until it ends, but for those it works on in place.
    const replaced = new Set(
      inPlaceOf(step)
        .filter(([from, to]) => sameBytes(bytesOf(step.inputs[from]), bytesOf(step.outputs[to])))
        .map(([from]) => from),
    );
    // Or it has read the bytes up to `lead` behind the one that it writes.
    const lead = leadOf(step);
    const output = bytesOf(step.outputs[0]);
    const input = bytesOf(step.inputs[0]);
    const consumed =
      lead !== undefined &&
      step.outputs.length === 1 &&
      input.buffer === output.buffer &&
      input.every((byte, i) => {
        const written = i + (input.byteOffset - output.byteOffset) / Int32Array.BYTES_PER_ELEMENT;
        return byte === tag(step.inputs[0]) || (written >= 0 && written < output.length && written - i >= lead);
      });
    if (consumed) replaced.add(0);
    for (const [argument, id] of step.inputs.entries())
      if (!replaced.has(argument) && !holds(id)) return `step ${index} damages its input ${id} while it reads it`;
  }
  for (const id of program.outputs) if (!holds(id)) return `output ${id} is damaged at the end`;
  return null;
}

function sameBytes(a: Int32Array, b: Int32Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}
