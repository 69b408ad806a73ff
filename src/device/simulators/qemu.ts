/** qemu-system-*: instructions are counted by a plugin (boards/profile/plugin.c), cycles are modelled from the counts. */
import { hexadecimal } from "../../emit/weights.js";
import { requireProgram } from "../process.js";
import { cycleModelOf } from "../profile/cycle_models.js";
import { pluginPath, qemuCosts } from "../profile/qemu_counts.js";
import type { LoadedFile, SimulatorKind } from "./kind.js";

/** A comma separates qemu's options; two stand for one. */
const loader = ({ file, address }: LoadedFile): string[] => [
  "-device",
  `loader,file=${file.replaceAll(",", ",,")},addr=${hexadecimal(address)},force-raw=on`,
];

export const qemu: SimulatorKind<"qemu"> = {
  describe: ({ command, machine }) => `${command} -M ${machine}`,
  programs: ({ command }) => [command, "cc"],
  command(board, { command, machine, firmwareOption, args, debianPackages }, elf, uart, loaded) {
    const silent = ["-display", "none", "-monitor", "none"];
    return {
      command: requireProgram(command, `the simulator of ${board.name}`, debianPackages),
      args: ["-M", machine, ...silent, "-serial", uart, firmwareOption, elf, ...args, ...loaded.flatMap(loader)],
    };
  },
  countingArguments: async (mark, out) => ["-plugin", `${await pluginPath()},mark=${mark.toString(16)},out=${out}`],
  costs: (counts, board, elf) => qemuCosts(counts, board, elf),
  cycles({ core }) {
    const model = cycleModelOf(core);
    return model ? { source: model.source, exact: false } : null;
  },
};
