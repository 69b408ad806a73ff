/**
 * Cortex-M0 and Cortex-M0+ without wait states, with the single-cycle multiplier: two and one cycles to refill the
 * pipeline behind what leaves the straight path; loads and stores 2, multiple ones 1 + words, all else 1.
 */
import { type CycleModel, type Instruction, sumOfCycles, wordCount } from "./instruction.js";

const CONDITIONAL_BRANCH = /^b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.n|\.w)?$/;

/** @param refill cycles until the instruction at the place that is jumped to executes */
function instructionCycles({ mnemonic, operands }: Instruction, refill: number): number {
  // MOV and ADD to the PC: how switch tables jump.
  if (/^(mov|add)$/.test(mnemonic) && /^pc\b/.test(operands)) return 1 + refill;
  if (/^(b|b\.n|b\.w|bx|blx)$/.test(mnemonic)) return 1 + refill;
  if (mnemonic === "bl") return 2 + refill;
  if (mnemonic === "pop" && /\bpc\b/.test(operands)) return 2 + refill + wordCount(operands);
  if (/^(ldm|stm|push|pop)/.test(mnemonic)) return 1 + wordCount(operands);
  if (/^(ldr|str)/.test(mnemonic)) return 2;
  // One half-word more, and a drained pipeline.
  if (/^(mrs|msr|dmb|dsb|isb)$/.test(mnemonic)) return 2 + refill;
  return 1;
}

const armv6m = (refill: number, source: string): CycleModel => ({
  source,
  blockCycles: sumOfCycles((instruction) => instructionCycles(instruction, refill)),
  takenCycles: ({ mnemonic }) => (CONDITIONAL_BRANCH.test(mnemonic) ? refill : 0),
});

export const cortexM0Cycles = armv6m(2, "Cortex-M0 Technical Reference Manual (Arm DDI 0432C), table 3-1");
export const cortexM0PlusCycles = armv6m(1, "Cortex-M0+ Technical Reference Manual (Arm DDI 0484C), table 3-1");
