// @ts-check
import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";
import { hashOf } from "./stamp.mjs";

/**
 * What dist depends on; the lock file stands for the version of the compiler.
 * @param {string} root
 */
export const sourceHash = (root) =>
  hashOf(root, ["src", "tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"]);

/**
 * @param {string} root
 * @param {string | undefined} compiled
 */
export function distIsCurrent(root, compiled) {
  return existsSync(join(root, "dist", "cli.js")) && compiled === sourceHash(root);
}

/**
 * Compiles src into a fresh dist, so that nothing remains of files that are gone.
 * @param {string} root
 */
export async function compileDist(root) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const result = await run(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, seconds: 300 });
  if (result.ok) chmodSync(join(root, "dist", "cli.js"), 0o755);
  return result;
}
