/** avr8js in a process of Node (avr8js_child.ts): a megaAVR with its USART0, whose cycles it counts as it goes. */
import { packagePath } from "../../io/package_path.js";
import { costsOfLines } from "../profile/cost.js";
import type { SimulatorKind } from "./kind.js";
import { onPseudoTerminal } from "./pseudo_terminal.js";

/** The first argument of avr8js_child.js, as JSON. */
export interface AvrMachine {
  readonly elf: string;
  readonly clockHz: number;
  readonly flashBytes: number;
  /** Behind the last byte of RAM, in data addresses. */
  readonly ramEnd: number;
  /** Number of the vector of USART0's receive interrupt; the other two follow it. */
  readonly usartVector: number;
}

export const avr8js: SimulatorKind<"avr8js"> = {
  describe: () => "avr8js",
  programs: () => [],
  command(board, { usartVector }, elf, uart) {
    const { clockHz, memory } = board;
    const [ram] = memory.ram;
    const ramEnd = (ram.origin ?? 0) + ram.bytes;
    const machine: AvrMachine = { elf, clockHz, flashBytes: memory.flash[0].bytes, ramEnd, usartVector };
    const child = packagePath("dist", "device", "simulators", "avr8js_child.js");
    const command = { command: process.execPath, args: [child, JSON.stringify(machine)] };
    return uart === "pty" ? onPseudoTerminal(board, command) : command;
  },
  countingArguments: async (mark, out) => [`${mark}`, out],
  costs: async (counts) => costsOfLines(counts),
  cycles: () => ({ source: "counted by avr8js, instruction by instruction", exact: true }),
};
