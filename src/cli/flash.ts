import { createInterface } from "node:readline/promises";
import { listBoards } from "../device/boards.js";
import { flashProject } from "../device/flash.js";
import { describePort, type PortInfo } from "../device/serial/ports.js";
import { UserError } from "../errors.js";
import { openProject } from "../project/open.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption, modelOption } from "./options.js";

interface Options {
  json?: boolean;
  model?: string;
  port: string;
  verbose?: boolean;
}

/** Asks on the terminal which port it is. */
async function ask(candidates: readonly PortInfo[]): Promise<PortInfo> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const boards = listBoards();
    candidates.forEach((port, i) => {
      process.stderr.write(`  ${i + 1}  ${describePort(port, boards)}\n`);
    });
    const answer = await lines.question(`Which port? [1-${candidates.length}] `);
    const chosen = candidates[Number(answer) - 1];
    if (!chosen) throw new UserError("E_USAGE", `${answer} is none of the ports; name it with --port`);
    return chosen;
  } finally {
    lines.close();
  }
}

export const flash: AddCommand = (program) => {
  program
    .command("flash")
    .description("build, upload to the board, and check that the right firmware runs there")
    .argument("<firmware>", "folder that `generate` wrote")
    .option("--port <port>", "serial port of the board; auto: found by its USB ids", "auto")
    .option("--verbose", "show what PlatformIO and the uploading tool say, on stderr")
    .addOption(modelOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  $ onnx2mcu flash firmware/\n  $ onnx2mcu flash firmware/ --port /dev/ttyUSB0\n\nA simulated board is one that onnx2mcu simulate runs: it takes the new firmware.",
    )
    .action(
      action<Options>(async ([folder], options, output) => {
        const project = openProject(folder, options.model);
        const { weights } = project.manifest;
        if ("file" in weights) {
          output.note(
            `this uploads the firmware alone; ${weights.file} has to be flashed beside it (${project.manifest.name}_weights.md)`,
          );
        }
        const canAsk = process.stdin.isTTY === true && !output.json;
        const { port, info } = await flashProject(project, {
          ...(options.port !== "auto" && { port: options.port }),
          ...(canAsk && { ask }),
          onLine: options.verbose ? output.note : output.progress,
          onStage: (stage) => output.note(`${stage} ...`),
        });
        output.result(
          { board: project.board.name, port, model: info.name, signature: info.signature },
          `${project.board.title} at ${port} runs ${info.name}, signature ${info.signature}`,
        );
        return undefined;
      }),
    );
};
