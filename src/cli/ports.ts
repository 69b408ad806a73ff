import { listBoards } from "../device/boards.js";
import { boardsAt, listPorts } from "../device/serial/ports.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption } from "./options.js";
import { table } from "./output.js";

export const ports: AddCommand = (program) => {
  program
    .command("ports")
    .description("list the serial ports of this computer, and the boards that may be behind them")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ onnx2mcu ports")
    .action(
      action(async (_args, _options, output) => {
        const boards = listBoards();
        const found = (await listPorts()).map((port) => ({
          ...port,
          boards: boardsAt(port, boards).map(({ name }) => name),
        }));
        const rows = found.map(({ path, vid, pid, manufacturer = "", boards: names }) => [
          path,
          vid ? `${vid}:${pid}` : "",
          names.join(", ") || "?",
          manufacturer,
        ]);
        const none = "no serial port; plug a board in with a cable that carries data, or start onnx2mcu simulate";
        output.result(
          { ports: found },
          found.length === 0 ? none : table(["port", "USB id", "boards", "manufacturer"], rows),
        );
        return undefined;
      }),
    );
};
