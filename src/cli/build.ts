import { buildProject } from "../device/pio.js";
import { modelsOf, openProject } from "../project/open.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption } from "./options.js";

export const build: AddCommand = (program) => {
  program
    .command("build")
    .description("build a firmware project with PlatformIO")
    .argument("<firmware>", "folder that `generate` wrote")
    .option("--verbose", "show what PlatformIO says, on stderr")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ onnx2mcu build firmware/")
    .action(
      action<{ json?: boolean; verbose?: boolean }>(async ([folder], options, output) => {
        const { board } = openProject(folder, modelsOf(folder)[0]);
        const show = options.verbose ? output.note : output.progress;
        const { elf, map, seconds } = await buildProject(folder, board, show);
        output.result({ board: board.name, elf, map, seconds }, `${elf}: built in ${seconds.toFixed(1)} s`);
        return undefined;
      }),
    );
};
