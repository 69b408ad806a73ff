/** What a board leaves to a model, and the choice that keeps to it. */
import { type Compiled, type CompileOptions, compileFor, type Prepared } from "../compile.js";
import { arenaMemories, type Board, usableFlash } from "../device/boards.js";
import { tableBytes } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import { tensorBytes } from "../plan/dataflow.js";
import type { Memory } from "../plan/memories.js";
import { linkPayload } from "./platformio.js";

/** RAM for static data and stack of the firmware beside the link's two frames; flash for main program, link and start-up. */
const RAM_BESIDES = 1024;
const FLASH_BESIDES = 8192;

/** Where the arena of a firmware may lie on a board. */
export const firmwareMemories = (board: Board): Memory[] =>
  arenaMemories(board, Math.min(board.memory.ram[0].bytes / 2, RAM_BESIDES + 2 * linkPayload(board)));

/** Limits that were not asked for, but that the board has. */
export type BoardLimits = Pick<CompileOptions, "maxRam" | "maxFlash">;

const sumOf = (memories: readonly Memory[]) => memories.reduce((sum, { bytes }) => sum + bytes, 0);

/** Bytes of the first memory that lie beside the arena: states, and inputs and outputs that the application has. */
function besidesArena({ program, plan }: Compiled, ioBuffers: CompileOptions["ioBuffers"]): number {
  const io = ioBuffers === "caller" ? [...program.inputs, ...program.outputs] : [];
  return io.reduce((sum, id) => sum + tensorBytes(program.tensors[id]), plan.persistentBytes);
}

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
  const [first, ...others] = firmwareMemories(board);
  const asked = compileFor(prepared, { ...options, memories: [first, ...others] });
  const besides = besidesArena(asked, options.ioBuffers);
  const memories = [{ ...first, bytes: Math.max(0, first.bytes - besides) }, ...others];
  const within = (limits: BoardLimits) => compileFor(prepared, { ...options, ...limits, memories });
  const compiled = besides > 0 && others.length > 0 ? within({}) : asked;
  const fitsRam = ({ plan }: Compiled) => plan.parts !== undefined || plan.arenaBytes <= memories[0].bytes;
  const { persistentBytes } = asked.plan;
  const roomForRam = options.maxRam === undefined && !fitsRam(compiled) ? sumOf(memories) + persistentBytes : undefined;
  const roomForFlash =
    options.maxFlash === undefined &&
    compiled.view.weights.where.place === "internal" &&
    tableBytes(compiled.program) > usableFlash(board) - FLASH_BESIDES
      ? Math.max(0, usableFlash(board) - FLASH_BESIDES)
      : undefined;
  const maxRam = roomForRam === undefined ? {} : { maxRam: roomForRam };
  const maxFlash = roomForFlash === undefined ? {} : { maxFlash: roomForFlash };
  // What fits all memories together may leave gaps in each: then the first one alone. What cannot keep both keeps one.
  const alone = others.length > 0 && { maxRam: memories[0].bytes + persistentBytes };
  const choices: BoardLimits[] = [
    { ...maxRam, ...maxFlash },
    ...(roomForRam !== undefined && alone ? [{ ...alone, ...maxFlash }] : []),
    maxRam,
    maxFlash,
  ];
  for (const limits of choices) {
    if (Object.keys(limits).length === 0) continue;
    try {
      const held = within(limits);
      if (limits.maxRam === undefined || fitsRam(held)) return { compiled: held, limits };
    } catch (error) {
      if (!(error instanceof UserError && error.code === "E_DOES_NOT_FIT")) throw error;
    }
  }
  return { compiled, limits: {} };
}
