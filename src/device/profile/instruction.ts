/** What cycle models are made of. */

/** As objdump prints it. */
export interface Instruction {
  readonly mnemonic: string;
  readonly operands: string;
}

/** How long a core takes, without wait states, interrupts and bus contention. */
export interface CycleModel {
  /** Where the numbers come from, in one sentence for reports. */
  readonly source: string;
  /** Cycles of a straight run of instructions, a conditional branch at its end not taken. */
  blockCycles(instructions: readonly Instruction[]): number;
  /** What it costs on top that the run left its last instruction for another place than the next address. */
  takenCycles(last: Instruction): number;
}

/** A core whose instructions do not depend on their neighbours: the sum over a run. */
export const sumOfCycles =
  (instructionCycles: (instruction: Instruction) => number): CycleModel["blockCycles"] =>
  (instructions) =>
    instructions.reduce((sum, instruction) => sum + instructionCycles(instruction), 0);

const NAMED: Readonly<Record<string, number>> = { sl: 10, fp: 11, ip: 12, sp: 13, lr: 14, pc: 15 };
const registerNumber = (name: string) => NAMED[name] ?? Number(name.replace(/\D/g, ""));

/** Words that an Arm list such as {r4, r5-r7, lr} or {d8-d9} moves; d registers have two. */
export function wordCount(operands: string): number {
  const list = /\{(.*)\}/.exec(operands)?.[1] ?? "";
  return list.split(",").reduce((count, part) => {
    const [first, last] = part.trim().split("-");
    const registers = last ? registerNumber(last) - registerNumber(first) + 1 : 1;
    return count + registers * (first.startsWith("d") ? 2 : 1);
  }, 0);
}
