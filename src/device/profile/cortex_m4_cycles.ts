/**
 * The stated cycle model of a Cortex-M4 without wait states, not calibrated on silicon: ALU, MAC and STR 1; an isolated
 * LDR 2, one that follows a load or store 1; LDRD and STRD 3; LDM and STM 1 + words; a taken branch, a pop into the PC
 * included, 2 more; VFP 1, VMLA and VFMA 3, VDIV and VSQRT 14; SDIV and UDIV 7.
 */

import { type CycleModel, type Instruction, wordCount } from "./instruction.js";

type Kind = "ldm" | "stm" | "ldrd" | "strd" | "ldr" | "str" | "div" | "fp" | "other";

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(ldm|pop|vldm|vpop)/, "ldm"],
  [/^(stm|push|vstm|vpush)/, "stm"],
  [/^ldrd/, "ldrd"],
  [/^strd/, "strd"],
  [/^v?ldr/, "ldr"],
  [/^v?str/, "str"],
  [/^[su]div/, "div"],
  [/^v/, "fp"],
];

const kindOf = (mnemonic: string): Kind => KINDS.find(([pattern]) => pattern.test(mnemonic))?.[1] ?? "other";

/** Cycles of a straight run of instructions, branches not taken. */
function blockCycles(instructions: readonly Instruction[]): number {
  let cycles = 0;
  let previous: Kind = "other";
  for (const { mnemonic, operands } of instructions) {
    const kind = kindOf(mnemonic);
    cycles += instructionCycles(kind, mnemonic, operands, previous);
    previous = kind;
  }
  return cycles;
}

function instructionCycles(kind: Kind, mnemonic: string, operands: string, previous: Kind): number {
  switch (kind) {
    case "ldr":
      return previous === "ldr" || previous === "str" ? 1 : 2;
    case "ldrd":
    case "strd":
      return 3;
    case "ldm":
    case "stm":
      return 1 + wordCount(operands);
    case "div":
      return 7;
    case "fp":
      return /div|sqrt/.test(mnemonic) ? 14 : /^v(n?mla|n?mls|f)/.test(mnemonic) ? 3 : 1;
    default:
      return 1;
  }
}

export const cortexM4Cycles: CycleModel = {
  source: "Cortex-M4 Technical Reference Manual (Arm 100166), table 3-1, pipeline refills of 2 cycles",
  blockCycles,
  takenCycles: () => 2,
};
