/** What every command file exports: it adds one command to the program. */
import type { Command } from "commander";
import { createOutput, type Output, reportError } from "./output.js";

export type AddCommand = (program: Command) => void;

/**
 * The action of a command: runs it, prints errors the way --json asks for, and sets the exit status. `run` gives the
 * status; nothing stands for 0.
 */
export function action<Options extends { json?: boolean }>(
  run: (args: readonly string[], options: Options, output: Output) => Promise<number | undefined> | number | undefined,
) {
  return async (...received: unknown[]): Promise<void> => {
    const options = received.at(-2) as Options;
    const args = received.slice(0, -2).flat() as string[];
    const output = createOutput(options.json === true);
    try {
      process.exitCode = (await run(args, options, output)) ?? 0;
    } catch (error) {
      process.exitCode = reportError(error, output.json);
    }
  };
}
