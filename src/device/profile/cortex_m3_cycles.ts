/**
 * Cortex-M3 without wait states: as Cortex-M4 but for its multiplier. Long products end early on small operands
 * (3 to 5 cycles, 4 to 7 with accumulation); the model takes 4 and 6.
 */
import { cortexM4Cycles } from "./cortex_m4_cycles.js";
import type { CycleModel } from "./instruction.js";

/** Cycles beyond those of a Cortex-M4, by mnemonic. */
function multiplierCycles(mnemonic: string): number {
  if (/^(mla|mls)/.test(mnemonic)) return 1;
  if (/^[su]mull/.test(mnemonic)) return 3;
  if (/^[su]mlal/.test(mnemonic)) return 5;
  return 0;
}

export const cortexM3Cycles: CycleModel = {
  ...cortexM4Cycles,
  source: "Cortex-M3 Technical Reference Manual (Arm DDI 0337), table 18-1; long products 4 or 6, refills 2 cycles",
  blockCycles: (instructions) =>
    instructions.reduce(
      (sum, { mnemonic }) => sum + multiplierCycles(mnemonic),
      cortexM4Cycles.blockCycles(instructions),
    ),
};
