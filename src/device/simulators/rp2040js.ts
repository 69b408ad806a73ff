/** rp2040js in a process of Node (rp2040js_child.ts): an RP2040 from the second stage of its boot on, with its UART0. */
import { packagePath } from "../../io/package_path.js";
import { costsOfLines } from "../profile/cost.js";
import type { SimulatorKind } from "./kind.js";
import { onPseudoTerminal } from "./pseudo_terminal.js";

export const rp2040js: SimulatorKind<"rp2040js"> = {
  describe: () => "rp2040js",
  programs: () => [],
  command(board, _simulator, elf, uart) {
    const child = packagePath("dist", "device", "simulators", "rp2040js_child.js");
    const command = { command: process.execPath, args: [child, elf] };
    return uart === "pty" ? onPseudoTerminal(board, command) : command;
  },
  countingArguments: async (mark, out) => [`${mark}`, out],
  costs: async (counts) => costsOfLines(counts),
  cycles: () => ({
    source:
      "counted by rp2040js, instruction by instruction, as the Cortex-M0+ Technical Reference Manual has them; no misses of the flash's cache",
    exact: false,
  }),
};
