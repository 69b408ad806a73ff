/** What a board leaves to a model, and the choice that keeps to it. */
import { type Compiled, type CompileOptions, compileFor, type Prepared } from "../compile.js";
import { arenaMemories, type Board, usableFlash } from "../device/boards.js";
import { tableBytes } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import type { Program } from "../graph/program.js";
import { tensorBytes } from "../plan/dataflow.js";
import type { Memory } from "../plan/memories.js";
import { stateMemory } from "../plan/plan.js";
import { linkPayload } from "./platformio.js";

/** RAM for static data and stack of the firmware beside the link's two frames; flash for main program, link and start-up. */
const RAM_BESIDES = 1024;
const FLASH_BESIDES = 8192;

type IoBuffers = CompileOptions["ioBuffers"];

/**
 * Where the arena of a firmware may lie on a board. Link, states, and inputs and outputs that the application has, are
 * beside it in the first memory.
 */
export function firmwareMemories(board: Board, program: Program, ioBuffers: IoBuffers): Memory[] {
  const [first, ...others] = arenaMemories(
    board,
    Math.min(board.memory.ram[0].bytes / 2, RAM_BESIDES + 2 * linkPayload(board)),
  );
  const io = ioBuffers === "caller" ? [...program.inputs, ...program.outputs] : [];
  const { persistentBytes } = stateMemory(program);
  const besides = io.reduce((sum, id) => sum + tensorBytes(program.tensors[id]), persistentBytes);
  return [{ ...first, bytes: Math.max(0, first.bytes - besides) }, ...others];
}

/** Limits that were not asked for, but that the board has. */
export type BoardLimits = Pick<CompileOptions, "maxRam" | "maxFlash">;

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
  const memories = firmwareMemories(board, prepared.lean, options.ioBuffers);
  const within = (limits: BoardLimits) => compileFor(prepared, { ...options, ...limits, memories });
  const fitsRam = ({ plan }: Compiled) => plan.parts !== undefined || plan.arenaBytes <= memories[0].bytes;
  const compiled = within({});
  const { persistentBytes } = compiled.plan;
  const sizes = memories.map(({ bytes }) => bytes);
  // What fits all memories together may leave gaps in each: then the first one alone.
  const rooms = sizes.length > 1 ? [sizes.reduce((sum, bytes) => sum + bytes, 0), sizes[0]] : sizes;
  const needsRam = options.maxRam === undefined && !fitsRam(compiled);
  const ram = needsRam ? rooms.map((bytes) => ({ maxRam: bytes + persistentBytes })) : [];
  const roomInFlash = usableFlash(board) - FLASH_BESIDES;
  const needsFlash =
    options.maxFlash === undefined &&
    compiled.view.weights.where.place === "internal" &&
    tableBytes(compiled.program) > roomInFlash;
  const flash = needsFlash ? [{ maxFlash: Math.max(0, roomInFlash) }] : [];
  // What cannot keep both keeps one.
  const both = ram.flatMap((limit) => flash.map((other) => ({ ...limit, ...other })));
  const choices: readonly BoardLimits[] = both.length > 0 ? [...both, ram[0], ...flash] : [...ram, ...flash];
  for (const limits of choices) {
    try {
      const held = within(limits);
      if (limits.maxRam === undefined || fitsRam(held)) return { compiled: held, limits };
    } catch (error) {
      if (!(error instanceof UserError && error.code === "E_DOES_NOT_FIT")) throw error;
    }
  }
  return { compiled, limits: {} };
}
