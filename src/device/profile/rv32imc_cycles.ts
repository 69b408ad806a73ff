/**
 * RV32IMC in the smallest pipeline with published timing: Ibex with two stages, the 3-cycle multiplier and without a
 * branch target adder. Loads, stores and jumps 2, taken branches 3, MUL 3, MULH 4, divisions 37, all else 1.
 */
import { type CycleModel, type Instruction, sumOfCycles } from "./instruction.js";

const BRANCH = /^(c\.)?b(eq|ne|lt|ge|gt|le)/;

function instructionCycles({ mnemonic }: Instruction): number {
  const name = mnemonic.replace(/^c\./, "");
  if (/^(l[bhw]u?|s[bhw]|[ls]wsp)$/.test(name)) return 2;
  if (/^(j|jal|jr|jalr|ret|call|tail)$/.test(name)) return 2;
  if (name === "mul") return 3;
  if (/^mulh/.test(name)) return 4;
  if (/^(div|rem)/.test(name)) return 37;
  return 1;
}

export const rv32imcCycles: CycleModel = {
  source: "Ibex (lowRISC) manual, pipeline details: two stages, 3-cycle multiplier, no branch target adder",
  blockCycles: sumOfCycles(instructionCycles),
  takenCycles: ({ mnemonic }) => (BRANCH.test(mnemonic) ? 2 : 0),
};
