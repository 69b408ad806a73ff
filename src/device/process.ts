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
}

export interface RunResult {
  readonly ok: boolean;
  /** stdout and stderr in order. */
  readonly output: string;
  readonly timedOut: boolean;
}

/** Runs a program to its end. A program that cannot be started is E_TOOL_MISSING. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const child = execa(command, [...args], {
    cwd: options.cwd,
    env: options.env,
    timeout: options.seconds * 1000,
    forceKillAfterDelay: 2000,
    all: true,
    reject: false,
    stdin: "ignore",
    maxBuffer: 64 * 2 ** 20,
  });
  const { onLine } = options;
  if (onLine) for await (const line of child.iterable({ from: "all" })) onLine(line);
  const result = await child;
  if (result.code === "ENOENT" || result.code === "EACCES") {
    throw new UserError("E_TOOL_MISSING", `${command} cannot be started (${result.code}); run \`npm run setup\``);
  }
  return { ok: result.exitCode === 0, output: result.all ?? "", timedOut: result.timedOut };
}
