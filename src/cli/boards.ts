import type { Command } from "commander";
import { type Board, flashBytes, isReal, listBoards, usableFlash, usableRam } from "../device/boards.js";
import { type AddCommand, action } from "./command.js";
import { byteCount, jsonOption } from "./options.js";
import { table } from "./output.js";

/** Which boards are meant; every condition that is there must hold. */
export interface BoardFilter {
  vendor?: string;
  core?: string;
  framework?: string;
  minFlash?: number;
  minRam?: number;
  real?: boolean;
  simulated?: boolean;
}

const has = (text: string | undefined, part: string | undefined) =>
  part === undefined || (text ?? "").toLowerCase().includes(part.toLowerCase());

/** @param words each must occur in the name, title, chip or vendor */
export function filterBoards(boards: readonly Board[], filter: BoardFilter, words: readonly string[] = []): Board[] {
  return boards.filter((board) => {
    const { name, title, chip = "", vendor = "", core, platformio } = board;
    return (
      has(vendor, filter.vendor) &&
      has(core, filter.core) &&
      has(platformio.framework, filter.framework) &&
      usableFlash(board) >= (filter.minFlash ?? 0) &&
      usableRam(board) >= (filter.minRam ?? 0) &&
      (!filter.real || isReal(board)) &&
      (!filter.simulated || board.simulator !== null) &&
      words.every((word) => has(`${name} ${title} ${chip} ${vendor} ${core}`, word))
    );
  });
}

/** The options of BoardFilter. */
export function addBoardFilters(command: Command): Command {
  return command
    .option("--vendor <text>", "boards of a maker: arduino, espressif, st ...")
    .option("--core <text>", "boards with a core: cortex-m4, rv32imc, avr ...")
    .option("--framework <text>", "boards of a framework: arduino, espidf")
    .option("--min-flash <bytes>", "boards with at least as much flash for the firmware", byteCount)
    .option("--min-ram <bytes>", "boards with at least as much RAM in one piece", byteCount)
    .option("--real", "boards on a desk only")
    .option("--simulated", "simulated boards only");
}

export const boards: AddCommand = (program) => {
  const command = program
    .command("boards")
    .description("list the boards that firmware can be generated for")
    .argument("[words...]", "only boards whose name, title, chip, maker or core has them");
  addBoardFilters(command)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  $ onnx2mcu boards nucleo\n  $ onnx2mcu boards --core cortex-m4 --min-ram 64k --real",
    )
    .action(
      action<BoardFilter & { json?: boolean }>((words, options, output) => {
        const list = filterBoards(listBoards(), options, words);
        const rows = list.map((b) => [
          ...[b.name, b.core, b.clockHz / 1e6, flashBytes(b), usableRam(b)],
          ...[isReal(b) ? (b.platformio.framework ?? "") : "simulated", b.title],
        ]);
        const header = ["board", "core", "MHz", "flash", "RAM in one piece", "framework", "what it is"];
        output.result({ boards: list }, list.length > 0 ? table(header, rows) : "no board is like that");
        return undefined;
      }),
    );
};
