/** What a model needs on a core: measured with the real firmware in the simulator of that core, estimated without it. */
import { type Compiled, compileFor, type Prepared } from "../compile.js";
import { type Board, listBoards, ramBytes, targetOf } from "../device/boards.js";
import { benchCompiled } from "../device/profile/bench.js";
import { tableBytes } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import type { Target } from "../kernels/variant.js";
import { linkPayload } from "../project/platformio.js";
import { estimateCycles } from "../select/estimate.js";
import type { Optimize } from "../select/select.js";

/** Bytes and cycles of one inference. */
export interface Needs {
  readonly optimize: Optimize;
  /** Simulated board whose firmware was built and counted; null: estimated. */
  readonly measuredOn: string | null;
  /** Code, weights and tables of the model; link and main program. What a framework brings is not in it. */
  readonly flash: { readonly model: number; readonly link: number };
  readonly ram: { readonly arena: number; readonly static: number; readonly stack: number; readonly link: number };
  /** Largest payload of the link that was measured, which is a part of its RAM; null: estimated for any board. */
  readonly linkPayload: number | null;
  /** Without wait states. */
  readonly cycles: number;
  /** Share by which flash, RAM and cycles may be off, 0..1. */
  readonly errors: { readonly bytes: number; readonly cycles: number };
}

/**
 * Cycles of an instruction that are assumed on cores without a cycle model of their own, not measured, and the core whose
 * simulator counts instead where it has no simulator. Cortex-M7 issues two instructions at once; Xtensa runs about the
 * instructions of RV32IM.
 */
const CORES: Readonly<Record<string, { readonly like: string; readonly cyclesPerInstruction: number }>> = {
  "cortex-m7": { like: "cortex-m7", cyclesPerInstruction: 0.8 },
  "cortex-m33": { like: "cortex-m33", cyclesPerInstruction: 1.3 },
  "cortex-m55": { like: "cortex-m55", cyclesPerInstruction: 1.3 },
  "xtensa-lx6": { like: "rv32imc", cyclesPerInstruction: 1.4 },
  "xtensa-lx7": { like: "rv32imc", cyclesPerInstruction: 1.3 },
  avrxmega3: { like: "avr6", cyclesPerInstruction: 1.6 },
};
/** Error of cycles: counted by a model of the core; by instructions of the core; by instructions of another core. */
const CYCLE_ERRORS = { model: 0.1, instructions: 0.35, otherCore: 0.5 };
/** Of another core's code. */
const OTHER_CODE_ERROR = 0.2;

/** Rough sizes for want of a compiler. */
const ESTIMATE = { code: 6000, codePerLayer: 220, linkFlash: 5000, linkRam: 250, stack: 600, error: 0.3 };

/** The simulated board that stands in for a core: the one with most RAM. */
function standIn(core: string, boards: readonly Board[]): Board | undefined {
  const wanted = CORES[core]?.like ?? core;
  return boards
    .filter((board) => board.core === wanted && board.simulator !== null)
    .toSorted((a, b) => ramBytes(b) - ramBytes(a))[0];
}

/** Needs on boards whose target is the same are the same: this names it. */
export function needsKey(board: Board, optimize: Optimize): string {
  const { core, isa, flashWaitStates } = targetOf(board);
  return JSON.stringify([core, isa, flashWaitStates, optimize]);
}

function estimated({ program, plan }: Compiled, target: Target, optimize: Optimize): Needs {
  const { cycles, error } = estimateCycles(program, target);
  return {
    optimize,
    measuredOn: null,
    flash: {
      model: tableBytes(program) + ESTIMATE.code + ESTIMATE.codePerLayer * program.steps.length,
      link: ESTIMATE.linkFlash,
    },
    ram: { arena: plan.arenaBytes, static: plan.persistentBytes, stack: ESTIMATE.stack, link: ESTIMATE.linkRam },
    linkPayload: null,
    cycles,
    errors: { bytes: ESTIMATE.error, cycles: error },
  };
}

/** Builds and counts. Throws E_TOOL_MISSING, E_TOOL_FAILED, E_LINK when the stand-in cannot hold or run it. */
async function measured(compiled: Compiled, core: string, on: Board, optimize: Optimize): Promise<Needs> {
  const { flash, ram, support, cycles, instructions } = await benchCompiled(compiled, on);
  const other = CORES[core];
  const own = on.core === core;
  const byModel = own && cycles !== null;
  return {
    optimize,
    measuredOn: on.name,
    flash: { model: flash.total, link: support.flash },
    ram: { arena: ram.arena, static: ram.static, stack: ram.stack, link: support.ram },
    linkPayload: linkPayload(on),
    cycles: byModel ? cycles : Math.round(instructions * (other?.cyclesPerInstruction ?? 1.5)),
    errors: {
      bytes: own ? 0.03 : OTHER_CODE_ERROR,
      cycles: byModel ? CYCLE_ERRORS.model : own ? CYCLE_ERRORS.instructions : CYCLE_ERRORS.otherCore,
    },
  };
}

/** What a model needs on a board's core. @param measure build and count where a simulated board of the core is there */
export async function needsOf(prepared: Prepared, board: Board, optimize: Optimize, measure: boolean): Promise<Needs> {
  const target = targetOf(board);
  const compiled = compileFor(prepared, { target, optimize });
  const on = measure ? (board.simulator ? board : standIn(board.core, listBoards())) : undefined;
  if (!on) return estimated(compiled, target, optimize);
  try {
    return await measured(compiled, board.core, on, optimize);
  } catch (error) {
    // Too large for its stand-in, or no compiler for this core here.
    if (error instanceof UserError && ["E_TOOL_FAILED", "E_TOOL_MISSING", "E_LINK"].includes(error.code)) {
      return estimated(compiled, target, optimize);
    }
    throw error;
  }
}

/** The link's RAM depends on the largest frame, which a board with a small receive buffer makes small. */
export function linkRam({ ram, linkPayload: measured }: Needs, board: Board): number {
  return measured === null ? ram.link : Math.max(0, ram.link - measured + linkPayload(board));
}
