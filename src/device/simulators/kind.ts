/** What a kind of simulator has to give. The kinds are listed in src/device/simulator.ts, and board files name one. */
import type { Board } from "../boards.js";
import type { Cost } from "../profile/cost.js";

export type Simulator = NonNullable<Board["simulator"]>;
export type SimulatorOf<K extends Simulator["kind"]> = Extract<Simulator, { kind: K }>;

/** Where the simulated UART comes out: the standard input and output of the child, or a pseudo-terminal. */
export type SimulatedUart = "stdio" | "pty";

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** A file whose bytes are in the memory of the machine when it starts. */
export interface LoadedFile {
  readonly file: string;
  readonly address: number;
}

export interface SimulatorKind<K extends Simulator["kind"]> {
  /** For documents. */
  describe(simulator: SimulatorOf<K>): string;
  /** Programs that it needs on PATH. */
  programs(simulator: SimulatorOf<K>): readonly string[];
  /**
   * Its command line with a firmware, and with files that a real board would have in other flash. On a pseudo-terminal it prints "char device redirected to <path>" first.
   * Throws E_TOOL_MISSING.
   */
  command(
    board: Board,
    simulator: SimulatorOf<K>,
    elf: string,
    uart: SimulatedUart,
    loaded: readonly LoadedFile[],
  ): Command;
  /** Further arguments with which it writes counts to `out`: a stretch each time it reaches the address `mark`. */
  countingArguments(mark: number, out: string): Promise<readonly string[]>;
  /** What it wrote, as the cost of each stretch between two marks. Throws E_TOOL_... */
  costs(counts: string, board: Board, elf: string): Promise<Cost[]>;
  /** Where the cycles of a board come from, in one sentence for reports; null: it has none. */
  cycles(board: Board): { readonly source: string; readonly exact: boolean } | null;
}
