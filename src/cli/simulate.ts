import { simulatedPort, simulateProject } from "../device/simulated_port.js";
import { UserError } from "../errors.js";
import { modelsOf, openProject } from "../project/open.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption } from "./options.js";

export const simulate: AddCommand = (program) => {
  program
    .command("simulate")
    .description(
      "run the simulated board with its UART as a serial port, until Ctrl-C; it takes new firmware when that is built",
    )
    .argument("<firmware>", "folder that `generate` wrote and `build` built")
    .option("--link <path>", "name of the serial port (default: .pio/serial-port in the folder)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExample:\n  $ onnx2mcu simulate firmware/ --link /tmp/board &\n  $ onnx2mcu validate firmware/ --on /tmp/board --data data.npz",
    )
    .action(
      action<{ json?: boolean; link?: string }>(async ([folder], options, output) => {
        const project = openProject(folder, modelsOf(folder)[0]);
        const link = options.link ?? simulatedPort(folder);
        const stopped = new Promise<string | null>((resolve) => {
          for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(null));
        });
        const board = await simulateProject(project, link, () => output.note("new firmware, started again"));
        output.result(
          { board: project.board.name, port: board.port },
          `${project.board.title} is at ${board.port}; Ctrl-C stops it`,
        );
        const reason = await Promise.race([stopped, board.ended]);
        await board.stop();
        if (reason !== null) throw new UserError("E_TOOL_FAILED", reason);
        return undefined;
      }),
    );
};
