/**
 * megaAVR: exact but for skips (CPSE, SBRC, SBRS, SBIC, SBIS), whose skipped instruction counts as executed. That is
 * right for the usual ones, RJMP and what takes as many cycles as it has words.
 */
import { type CycleModel, type Instruction, sumOfCycles } from "./instruction.js";

const CYCLES: Readonly<Record<string, number>> = {
  ...{ adiw: 2, sbiw: 2, mul: 2, muls: 2, mulsu: 2, fmul: 2, fmuls: 2, fmulsu: 2 },
  ...{ ld: 2, ldd: 2, lds: 2, st: 2, std: 2, sts: 2, push: 2, pop: 2, sbi: 2, cbi: 2 },
  ...{ lpm: 3, elpm: 3, ijmp: 2, eijmp: 2, jmp: 2 },
};

/** Calls and returns move the program counter over the 8-bit data bus. */
const CALLS: Readonly<Record<string, number>> = { rcall: 1, icall: 1, eicall: 1, call: 2, ret: 2, reti: 2 };

/** @param counterBytes of the program counter on the stack */
function instructionCycles({ mnemonic }: Instruction, counterBytes: number): number {
  const call = CALLS[mnemonic];
  if (call !== undefined) return mnemonic === "eicall" ? 4 : call + counterBytes;
  return CYCLES[mnemonic] ?? 1;
}

const avr = (counterBytes: number): CycleModel => ({
  source: "AVR Instruction Set Manual (Microchip DS40002198), column AVRe, internal SRAM",
  blockCycles: sumOfCycles((instruction) => instructionCycles(instruction, counterBytes)),
  takenCycles: ({ mnemonic }) => (/^(br..|rjmp|jmp)$/.test(mnemonic) ? 1 : 0),
});

/** Program counter of 16 bits: flash up to 128 KB. */
export const avr5Cycles = avr(2);
/** Program counter of 22 bits. */
export const avr6Cycles = avr(3);
