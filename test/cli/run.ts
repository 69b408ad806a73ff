/** Starts the built command line as a user does. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { EXIT } from "../../src/errors.js";
import { packagePath } from "../../src/io/package_path.js";

const CLI = packagePath("dist", "cli.js");

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> }) {
  return new Promise<Outcome>((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    execFile(command, args, { cwd: options.cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (typeof status === "number") resolve({ status, stdout, stderr });
      else reject(error);
    });
  });
}

/** Compiles src into dist, unless dist is newer than everything in src. */
export async function buildDist(): Promise<void> {
  const modified = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(packagePath("src"), { recursive: true }).map((file) => packagePath("src", String(file)));
  if (Math.max(...sources.map(modified)) < modified(CLI)) return;
  const tsc = packagePath("node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = await start(process.execPath, [tsc, "-p", packagePath("tsconfig.build.json")], {});
  if (status !== 0) throw new Error(`tsc failed: ${stdout}`);
}

export function onnx2mcu(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  return start(process.execPath, [CLI, ...args], options);
}

/** Stdout as the one JSON document that --json promises. */
export function documentOf({ status, stdout, stderr }: Outcome, expected: number = EXIT.ok) {
  expect({ status, stderr }).toMatchObject({ status: expected });
  return JSON.parse(stdout);
}

/** Every file below a folder with its content: what "nothing was written" means. */
export function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, "latin1") : "folder"];
    }),
  );
}
