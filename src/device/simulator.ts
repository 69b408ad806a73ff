/** The board's simulator with the built firmware; its UART is the child's standard input and output. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { weightsFileName } from "../emit/weights.js";
import { UserError } from "../errors.js";
import { openProject, type Project } from "../project/open.js";
import { imageAddress } from "../project/weights.js";
import type { Board } from "./boards.js";
import { childTransport } from "./child_transport.js";
import type { Transport } from "./link/transport.js";
import { artefacts } from "./pio.js";
import { avr8js } from "./simulators/avr8js.js";
import type { Command, LoadedFile, SimulatedUart, Simulator, SimulatorKind, SimulatorOf } from "./simulators/kind.js";
import { qemu } from "./simulators/qemu.js";
import { rp2040js } from "./simulators/rp2040js.js";

const KINDS: { readonly [K in Simulator["kind"]]: SimulatorKind<K> } = { qemu, avr8js, rp2040js };

/** The kind of a board's simulator, with what the board says about it filled in. */
function filledIn<K extends Simulator["kind"]>(kind: SimulatorKind<K>, board: Board) {
  const simulator = board.simulator as SimulatorOf<K>;
  return {
    describe: () => kind.describe(simulator),
    programs: () => kind.programs(simulator),
    command: (elf: string, uart: SimulatedUart, loaded: readonly LoadedFile[]): Command =>
      kind.command(board, simulator, elf, uart, loaded),
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

/** What stands in for flashing the weights: they lie where the firmware looks for them. */
function weightsImages({ board, folder, models }: Project): LoadedFile[] {
  return models.flatMap((name) => {
    const address = imageAddress(board, openProject(folder, name).manifest.weights);
    return address === undefined ? [] : [{ file: join(folder, weightsFileName(name)), address }];
  });
}

/** The simulator's command line. Throws E_USAGE without a simulator, E_TOOL_MISSING, E_TOOL_FAILED when not built. */
export function simulatorCommand(project: Project, uart: SimulatedUart = "stdio"): Command & { elf: string } {
  const { board, folder } = project;
  const kind = simulatorKind(board);
  const { elf } = artefacts(folder, board);
  if (!existsSync(elf)) {
    throw new UserError("E_TOOL_FAILED", `${folder} is not built yet; run onnx2mcu build ${folder}`);
  }
  return { ...kind.command(elf, uart, weightsImages(project)), elf };
}

export async function openSimulator(project: Project): Promise<Transport> {
  const { command, args } = simulatorCommand(project);
  return childTransport(command, args);
}
