/** Programs that speak on standard input and output, put on a pseudo-terminal by Python, which PlatformIO needs anyway. */
import { packagePath } from "../../io/package_path.js";
import type { Board } from "../boards.js";
import { requireProgram } from "../process.js";
import type { Command } from "./kind.js";

/** Throws E_TOOL_MISSING. */
export const onPseudoTerminal = (board: Board, { command, args }: Command): Command => ({
  command: requireProgram("python3", `the serial port of ${board.name}`, ["python3"]),
  args: [packagePath("boards", "pty", "run_on_pty.py"), command, ...args],
});
