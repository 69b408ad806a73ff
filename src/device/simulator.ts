/** The board's simulator with the built firmware; its UART is the child's standard input and output. */
import { existsSync } from "node:fs";
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import type { Board } from "./boards.js";
import { childTransport } from "./child_transport.js";
import type { Transport } from "./link/transport.js";
import { artefacts } from "./pio.js";
import { avr8js } from "./simulators/avr8js.js";
import type { Command, SimulatedUart, Simulator, SimulatorKind, SimulatorOf } from "./simulators/kind.js";
import { qemu } from "./simulators/qemu.js";

const KINDS: { readonly [K in Simulator["kind"]]: SimulatorKind<K> } = { qemu, avr8js };

/** The kind of a board's simulator, with what the board says about it filled in. */
function filledIn<K extends Simulator["kind"]>(kind: SimulatorKind<K>, board: Board) {
  const simulator = board.simulator as SimulatorOf<K>;
  return {
    describe: () => kind.describe(simulator),
    programs: () => kind.programs(simulator),
    command: (elf: string, uart: SimulatedUart): Command => kind.command(board, simulator, elf, uart),
    countingArguments: kind.countingArguments,
    costs: kind.costs,
    cycles: kind.cycles,
  };
}

/** Throws E_USAGE without a simulator. */
export function simulatorKind(board: Board) {
  if (!board.simulator) throw new UserError("E_USAGE", `${board.name} has no simulator; use --on host`);
  return filledIn(KINDS[board.simulator.kind] as SimulatorKind<Simulator["kind"]>, board);
}

/** The simulator's command line. Throws E_USAGE without a simulator, E_TOOL_MISSING, E_TOOL_FAILED when not built. */
export function simulatorCommand(project: Project, uart: SimulatedUart = "stdio"): Command & { elf: string } {
  const { board, folder } = project;
  const kind = simulatorKind(board);
  const { elf } = artefacts(folder, board);
  if (!existsSync(elf)) {
    throw new UserError("E_TOOL_FAILED", `${folder} is not built yet; run onnx2mcu build ${folder}`);
  }
  return { ...kind.command(elf, uart), elf };
}

export async function openSimulator(project: Project): Promise<Transport> {
  const { command, args } = simulatorCommand(project);
  return childTransport(command, args);
}
