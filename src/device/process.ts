/** Running other programs: found or missing, with a time limit, never left behind. */
import { existsSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { execa } from "execa";
import { UserError } from "../errors.js";
import { holdInterrupts, type Interrupt, interruption } from "./interrupt.js";

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

/** What is told to end has so long for it. */
const GRACE_MS = 2000;
const HAS_GROUPS = process.platform !== "win32";

/** Signals a program that leads a process group of its own, and the group. Windows has no groups. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(HAS_GROUPS ? -pid : pid, signal);
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

/**
 * Runs a program to its end. An interrupt of this program is passed on to it and what it has started, and the run fails when
 * they have ended, after GRACE_MS at the latest, or at once with a second one.
 * @throws UserError E_TOOL_MISSING when it cannot be started; E_INTERRUPTED, E_TERMINATED.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal, onLine } = options;
  const child = execa(command, [...args], {
    cwd: options.cwd,
    env: options.env,
    all: true,
    reject: false,
    stdin: "ignore",
    maxBuffer: 64 * 2 ** 20,
    // A group of its own, so that all of it can be ended, and does not get the terminal's Ctrl-C besides.
    detached: HAS_GROUPS,
  });
  let interrupt: Interrupt | undefined;
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const kill = () => signalGroup(child.pid, "SIGKILL");
  const end = (by: NodeJS.Signals) => {
    signalGroup(child.pid, by);
    timers.push(setTimeout(kill, GRACE_MS));
  };
  const letGo = holdInterrupts((by) => {
    if (interrupt) return kill();
    interrupt = by;
    end(by);
  });
  process.once("exit", kill);
  signal?.addEventListener("abort", kill);
  if (signal?.aborted) kill();
  timers.push(
    setTimeout(() => {
      timedOut = true;
      end("SIGTERM");
    }, options.seconds * 1000),
  );
  try {
    try {
      if (onLine) for await (const line of child.iterable({ from: "all" })) onLine(line);
    } catch (error) {
      if (!interrupt && !timedOut && !signal?.aborted) throw error;
    }
    const result = await child;
    if (interrupt) throw interruption(interrupt, `${basename(command)} was stopped`);
    if (result.code === "ENOENT" || result.code === "EACCES") {
      throw new UserError("E_TOOL_MISSING", `${command} cannot be started (${result.code}); run \`npm run setup\``);
    }
    return { ok: result.exitCode === 0, output: result.all ?? "", timedOut };
  } finally {
    // What it has started may have closed its output and go on.
    if (interrupt || timedOut || signal?.aborted || (child.exitCode === null && child.signalCode === null)) kill();
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    process.off("exit", kill);
    letGo();
  }
}

/** Output of a tool of the compiler or of a simulator. Throws E_TOOL_MISSING, E_TOOL_FAILED. */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const path = requireProgram(command, "bench", []);
  const result = await run(path, args, { seconds: 60 });
  if (!result.ok) throw new UserError("E_TOOL_FAILED", `${command} failed: ${result.output.slice(0, 200)}`);
  return result.output;
}
