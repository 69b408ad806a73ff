/** What a model needs on a core: measured with the real firmware in the simulator of that core, estimated without it. */
import { type Compiled, compileFor, type Prepared } from "../compile.js";
import { type Board, listBoards, ramBytes, targetOf } from "../device/boards.js";
import { benchCompiled } from "../device/profile/bench.js";
import { tableBytes } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import type { Target } from "../kernels/variant.js";
import { linkPayload } from "../project/platformio.js";
import { costTableOf } from "../select/costs.js";
import { estimateCycles } from "../select/estimate.js";
import { likenessOf } from "../select/likeness.js";
import type { Optimize } from "../select/select.js";

/** Bytes and cycles of one inference. */
export interface Needs {
  readonly optimize: Optimize;
  /** Simulated board whose firmware was built and counted; null: estimated. */
  readonly measuredOn: string | null;
  /** Code, weights and tables of the model; link and main program. What a framework brings is not in it. */
  readonly flash: { readonly model: number; readonly link: number };
  readonly ram: { readonly arena: number; readonly static: number; readonly stack: number; readonly link: number };
  /** Largest payload of the link that is a part of its RAM. */
  readonly linkPayload: number;
  /** Without wait states. */
  readonly cycles: number;
  /** Share by which flash, RAM and cycles may be off, 0..1. */
  readonly errors: { readonly bytes: number; readonly cycles: number };
}

/** Error of cycles that a model of the core counts, or a simulator. */
const MODEL_ERROR = 0.1;
/** Of another core's code. */
const OTHER_CODE_ERROR = 0.2;

/** Rough sizes for want of a compiler; linkRam is without the payload. */
const ESTIMATE = { code: 6000, codePerLayer: 220, linkFlash: 5000, linkRam: 350, stack: 600, error: 0.3 };

/** The simulated board that stands in for a core: the one with most RAM. */
function standIn(core: string, boards: readonly Board[]): Board | undefined {
  const simulated = boards.filter(({ simulator }) => simulator !== null).toSorted((a, b) => ramBytes(b) - ramBytes(a));
  return (
    simulated.find((board) => board.core === core) ?? simulated.find((board) => board.core === likenessOf(core)?.like)
  );
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
    linkPayload: 0,
    cycles,
    errors: { bytes: ESTIMATE.error, cycles: error },
  };
}

/** Builds and counts. Throws E_TOOL_MISSING, E_TOOL_FAILED, E_LINK when the stand-in cannot hold or run it. */
async function measured(compiled: Compiled, target: Target, on: Board, optimize: Optimize): Promise<Needs> {
  const { flash, ram, support, cycles, instructions } = await benchCompiled(compiled, on);
  const own = on.core === target.core;
  const like = likenessOf(target.core);
  // What has no cycle model takes one cycle for an instruction, as its table in boards/costs says.
  const counted = cycles ?? instructions;
  return {
    optimize,
    measuredOn: on.name,
    flash: { model: flash.total, link: support.flash },
    ram: { arena: ram.arena, static: ram.static, stack: ram.stack, link: support.ram },
    linkPayload: linkPayload(on),
    cycles: own ? counted : Math.round(counted * (like?.cycles ?? 1)),
    errors: {
      bytes: own ? 0.03 : OTHER_CODE_ERROR,
      cycles: like?.error ?? (cycles === null ? costTableOf(target).error : MODEL_ERROR),
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
    return await measured(compiled, target, on, optimize);
  } catch (error) {
    // Too large for its stand-in, or no compiler for this core here.
    if (error instanceof UserError && ["E_TOOL_FAILED", "E_TOOL_MISSING", "E_LINK"].includes(error.code)) {
      return estimated(compiled, target, optimize);
    }
    throw error;
  }
}

/** The link's RAM depends on the largest frame, which a board with a small receive buffer makes small. */
export function linkRam({ ram, linkPayload: counted }: Needs, board: Board): number {
  return Math.max(0, ram.link - counted + linkPayload(board));
}
