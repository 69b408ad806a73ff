/**
 * The stated cycle model of a Cortex-M4 without wait states, not calibrated on silicon: ALU, MAC and STR 1; an isolated
 * LDR 2, one that follows a load or store 1; LDRD and STRD 3; LDM and STM 1 + words; a taken branch, a pop into the PC
 * included, 2 more; VFP 1, VMLA and VFMA 3, VDIV and VSQRT 14; SDIV and UDIV 7.
 */

export interface Instruction {
  readonly mnemonic: string;
  readonly operands: string;
}

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

const NAMED: Readonly<Record<string, number>> = { sl: 10, fp: 11, ip: 12, sp: 13, lr: 14, pc: 15 };
const registerNumber = (name: string) => NAMED[name] ?? Number(name.replace(/\D/g, ""));

/** Words that a list such as {r4, r5-r7, lr} or {d8-d9} moves; d registers have two. */
export function wordCount(operands: string): number {
  const list = /\{(.*)\}/.exec(operands)?.[1] ?? "";
  return list.split(",").reduce((count, part) => {
    const [first, last] = part.trim().split("-");
    const registers = last ? registerNumber(last) - registerNumber(first) + 1 : 1;
    return count + registers * (first.startsWith("d") ? 2 : 1);
  }, 0);
}

/** Cycles of a straight run of instructions, branches not taken. */
export function blockCycles(instructions: readonly Instruction[]): number {
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

/** What a taken branch costs on top. */
export const TAKEN_BRANCH_CYCLES = 2;
