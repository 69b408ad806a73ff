/** Running other programs: found or missing, with a time limit, never left behind. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { UserError } from "../errors.js";

/** Path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if (folder !== "" && existsSync(path)) return path;
    }
  }
  return undefined;
}

/** Throws E_TOOL_MISSING with the way to get the program. */
export function requireProgram(name: string, purpose: string, debianPackages: readonly string[]): string {
  const path = findProgram(name);
  if (path) return path;
  const way = debianPackages.length > 0 ? `on Debian: apt-get install ${debianPackages.join(" ")}` : "put it on PATH";
  throw new UserError("E_TOOL_MISSING", `${name} is missing, which ${purpose} needs; run \`npm run setup\`, or ${way}`);
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly onLine?: (line: string) => void;
  /** Ends the program and those that it started; the run is then not ok. */
  readonly signal?: AbortSignal;
}

/** Ends a program that leads a process group of its own, and the group. Windows has no groups. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

export interface RunResult {
  readonly ok: boolean;
  /** stdout and stderr in order. */
  readonly output: string;
  readonly timedOut: boolean;
}

/** Runs a program to its end. A program that cannot be started is E_TOOL_MISSING. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal } = options;
  const child = execa(command, [...args], {
    cwd: options.cwd,
    env: options.env,
    timeout: options.seconds * 1000,
    forceKillAfterDelay: 2000,
    all: true,
    reject: false,
    stdin: "ignore",
    maxBuffer: 64 * 2 ** 20,
    detached: signal !== undefined && process.platform !== "win32",
  });
  const end = () => endGroup(child.pid);
  // A group of its own does not get the terminal's Ctrl-C.
  const interrupted = () => {
    end();
    process.exit(130);
  };
  signal?.addEventListener("abort", end);
  if (signal) process.once("SIGINT", interrupted);
  if (signal?.aborted) end();
  const { onLine } = options;
  try {
    if (onLine) for await (const line of child.iterable({ from: "all" })) onLine(line);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  const result = await child;
  signal?.removeEventListener("abort", end);
  process.off("SIGINT", interrupted);
  if (result.code === "ENOENT" || result.code === "EACCES") {
    throw new UserError("E_TOOL_MISSING", `${command} cannot be started (${result.code}); run \`npm run setup\``);
  }
  return { ok: result.exitCode === 0, output: result.all ?? "", timedOut: result.timedOut };
}

/** Output of a tool of the compiler or of a simulator. Throws E_TOOL_MISSING, E_TOOL_FAILED. */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const path = requireProgram(command, "bench", []);
  const result = await run(path, args, { seconds: 60 });
  if (!result.ok) throw new UserError("E_TOOL_FAILED", `${command} failed: ${result.output.slice(0, 200)}`);
  return result.output;
}
