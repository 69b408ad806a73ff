/** What a board leaves to a model, and the choice that keeps to it. */
import { type Compiled, type CompileOptions, compileFor, type Prepared } from "../compile.js";
import { arenaMemories, type Board, usableFlash } from "../device/boards.js";
import { tableBytes } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import type { Memory } from "../plan/memories.js";
import type { Plan } from "../plan/plan.js";
import { linkPayload } from "./platformio.js";

/** RAM for static data and stack of the firmware beside the link's two frames; flash for main program, link and start-up. */
const RAM_BESIDES = 1024;
const FLASH_BESIDES = 8192;

/** Where the arena of a firmware may lie on a board. */
export const firmwareMemories = (board: Board): Memory[] =>
  arenaMemories(board, Math.min(board.memory.ram[0].bytes / 2, RAM_BESIDES + 2 * linkPayload(board)));

/** Limits that were not asked for, but that the board has. */
export type BoardLimits = Pick<CompileOptions, "maxRam" | "maxFlash">;

const fitsRam = ({ parts, arenaBytes, persistentBytes }: Plan, [first]: readonly Memory[]) =>
  parts !== undefined || arenaBytes + persistentBytes <= first.bytes;

/**
 * Compiles for the memories of a board. Where what was asked for does not fit, it is chosen again within the limits of the board;
 * where nothing fits these, it is as it was asked for, for the caller to refuse.
 * @returns also the limits that it had to be held to
 */
export function compileForBoard(
  prepared: Prepared,
  options: CompileOptions,
  board: Board,
): { readonly compiled: Compiled; readonly limits: BoardLimits } {
  const memories = firmwareMemories(board);
  const compiled = compileFor(prepared, { ...options, memories });
  const limits: BoardLimits = {
    ...(options.maxRam === undefined &&
      !fitsRam(compiled.plan, memories) && { maxRam: memories.reduce((sum, { bytes }) => sum + bytes, 0) }),
    ...(options.maxFlash === undefined &&
      compiled.view.weights.where.place === "internal" &&
      tableBytes(compiled.program) > usableFlash(board) - FLASH_BESIDES && {
        maxFlash: Math.max(0, usableFlash(board) - FLASH_BESIDES),
      }),
  };
  if (Object.keys(limits).length === 0) return { compiled, limits };
  try {
    return { compiled: compileFor(prepared, { ...options, ...limits, memories }), limits };
  } catch (error) {
    if (error instanceof UserError && error.code === "E_DOES_NOT_FIT") return { compiled, limits: {} };
    throw error;
  }
}
