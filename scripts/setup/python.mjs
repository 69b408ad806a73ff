// @ts-check
/** Virtual environments of Python. */
import { join } from "node:path";
import { findProgram } from "./find.mjs";
import { run } from "./run.mjs";

const windows = process.platform === "win32";

/**
 * Path of a program of an environment.
 * @param {string} venv
 * @param {string} program
 */
export const venvProgram = (venv, program) =>
  windows ? join(venv, "Scripts", `${program}.exe`) : join(venv, "bin", program);

/** A Python that can make virtual environments, or undefined. Debian splits that ability off into python3-venv. */
export async function findPython() {
  const check = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 6))";
  for (const name of windows ? ["python", "py"] : ["python3"]) {
    const path = findProgram(name);
    if (path && (await run(path, ["-c", check], { seconds: 30 })).ok) return path;
  }
  return undefined;
}

/**
 * Makes an environment anew, with the packages that a file lists.
 * @param {string} root
 * @param {string} python
 * @param {string} venv
 * @param {string} requirements from the root
 */
export async function installRequirements(root, python, venv, requirements) {
  const made = await run(python, ["-m", "venv", "--clear", venv], { cwd: root, seconds: 120 });
  if (!made.ok) return made;
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  return run(venvProgram(venv, "python"), args, { cwd: root, seconds: 600 });
}
