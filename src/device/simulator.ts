/** The board's simulator with the built firmware; its UART is the child's standard input and output. */
import { existsSync } from "node:fs";
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import type { Board } from "./boards.js";
import { childTransport } from "./child_transport.js";
import type { Transport } from "./link/transport.js";
import { artefacts } from "./pio.js";
import { requireProgram } from "./process.js";

type Simulator = NonNullable<Board["simulator"]>;

/** Where the simulator's first UART comes out: its standard input and output, or a pseudo-terminal of its own. */
export type SimulatedUart = "stdio" | "pty";

/** Arguments of qemu-system-* for firmware without a screen. */
export function qemuArguments(
  { machine, firmwareOption, args }: Simulator,
  elf: string,
  uart: SimulatedUart = "stdio",
): string[] {
  return ["-M", machine, "-display", "none", "-monitor", "none", "-serial", uart, firmwareOption, elf, ...args];
}

/** The simulator's command line. Throws E_USAGE without a simulator, E_TOOL_MISSING, E_TOOL_FAILED when not built. */
export function simulatorCommand(
  project: Project,
  uart: SimulatedUart = "stdio",
): { command: string; args: string[]; elf: string } {
  const { board, folder } = project;
  if (!board.simulator) {
    throw new UserError("E_USAGE", `${board.name} has no simulator; use --on host`);
  }
  const { elf } = artefacts(folder, board);
  if (!existsSync(elf)) {
    throw new UserError("E_TOOL_FAILED", `${folder} is not built yet; run onnx2mcu build ${folder}`);
  }
  const { command, debianPackages } = board.simulator;
  return {
    command: requireProgram(command, `the simulator of ${board.name}`, debianPackages),
    args: qemuArguments(board.simulator, elf, uart),
    elf,
  };
}

export async function openSimulator(project: Project): Promise<Transport> {
  const { command, args } = simulatorCommand(project);
  return childTransport(command, args);
}
