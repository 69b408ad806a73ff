import { flashBytes, listBoards, ramBytes } from "../device/boards.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption } from "./options.js";
import { table } from "./output.js";

export const boards: AddCommand = (program) => {
  program
    .command("boards")
    .description("list the boards that firmware can be generated for")
    .addOption(jsonOption())
    .action(
      action((_args, _options, output) => {
        const list = listBoards();
        const rows = list.map((b) => [b.name, b.core, flashBytes(b), ramBytes(b), b.title]);
        output.result({ boards: list }, table(["board", "core", "flash", "RAM", "what it is"], rows));
        return undefined;
      }),
    );
};
