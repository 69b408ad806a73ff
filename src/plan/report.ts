/** A plan as text for people: how large the arena is, why it is not smaller, and what lies where. */
import { firmwareCall, type Program } from "../graph/program.js";
import type { Placement, Plan } from "./plan.js";

/** Peak, lower bound, proof, and who is alive at the peak: a few lines. */
export function planSummary(program: Program, plan: Plan): string {
  const lines = [
    `arena ${bytes(plan.arenaBytes)}, lower bound ${bytes(plan.lowerBound)}: ${plan.optimal ? "optimal" : "not proved optimal"}`,
    `  ${plan.proof}`,
  ];
  if (plan.aliveAtPeak.length > 0) {
    lines.push(`alive at the peak, ${positionName(program, plan, plan.peakStep)}:`);
    const widest = Math.max(...plan.aliveAtPeak.map((alive) => number(alive.bytes).length));
    for (const alive of plan.aliveAtPeak)
      lines.push(`  ${number(alive.bytes).padStart(widest)}  ${oneLine(alive.name)}`);
  }
  return lines.join("\n");
}

/** One line per step in the order of execution: bytes in use while it runs, and where it reads and writes. */
export function memoryMap(program: Program, plan: Plan): string {
  const rows = plan.steps.map((index, position) => {
    const step = program.steps[index];
    const scratch = plan.scratch[index];
    const places = (ids: readonly number[]) => ids.map((id) => placeText(plan.placements[id])).join(" ");
    return [
      String(position),
      step.operator,
      step.cascade ? `cascade of ${step.cascade.stages.length}` : step.kernel,
      number(plan.liveBytes[position]),
      places(step.inputs),
      places(step.outputs),
      scratch === null ? "-" : rangeText(scratch, firmwareCall(step).scratchBytes),
      oneLine(step.node),
    ];
  });
  return table(["step", "operator", "kernel", "in use", "reads", "writes", "scratch", "node"], rows);
}

function positionName(program: Program, plan: Plan, position: number): string {
  if (position < 0) return "before the first step";
  if (position >= plan.steps.length) return "after the last step";
  const step = program.steps[plan.steps[position]];
  return `step ${position}, ${step.operator} ${oneLine(step.node)}`;
}

function placeText(place: Placement): string {
  return place.region === "arena" ? rangeText(place.offset, place.bytes) : `${place.region}[${place.index}]`;
}

/** First byte and the byte after the last. */
function rangeText(offset: number, size: number): string {
  return `${offset}..${offset + size}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function bytes(value: number): string {
  return `${number(value)} bytes`;
}

/** Names come from the model and may hold anything. */
function oneLine(name: string): string {
  return name.replace(/[\p{Cc}\u2028\u2029]/gu, "?");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const numeric = (column: number) => head[column] === "step" || head[column] === "in use";
  return all
    .map((row) =>
      row
        .map((cell, column) => (numeric(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
