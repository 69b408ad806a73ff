/** Cycle models by the `core` of a board, for simulators that count instructions only. */

import { likenessOf } from "../../select/likeness.js";
import { cortexM0Cycles, cortexM0PlusCycles } from "./cortex_m0_cycles.js";
import { cortexM3Cycles } from "./cortex_m3_cycles.js";
import { cortexM4Cycles } from "./cortex_m4_cycles.js";
import type { CycleModel } from "./instruction.js";
import { rv32imcCycles } from "./rv32imc_cycles.js";

const MODELS: ReadonlyMap<string, CycleModel> = new Map([
  ["cortex-m0", cortexM0Cycles],
  ["cortex-m0plus", cortexM0PlusCycles],
  ["cortex-m3", cortexM3Cycles],
  ["cortex-m4", cortexM4Cycles],
  ["rv32imc", rv32imcCycles],
]);

/** The model of a core, or that of the core that it is like, whose instructions it runs. */
export function cycleModelOf(core: string): CycleModel | undefined {
  const like = likenessOf(core);
  const model = MODELS.get(like?.sameInstructions ? like.like : core);
  if (!like || !model) return model;
  const { source, cycles } = like;
  return {
    source,
    blockCycles: (instructions) => cycles * model.blockCycles(instructions),
    takenCycles: (last) => cycles * model.takenCycles(last),
  };
}
