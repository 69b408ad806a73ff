// @ts-check
/** PlatformIO in .venv, a virtual environment of this repository. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./find.mjs";
import { run } from "./run.mjs";
import { hashOf } from "./stamp.mjs";

const windows = process.platform === "win32";
const REQUIREMENTS = "scripts/platformio-requirements.txt";

/** @param {string} root */
const venv = (root) => join(root, ".venv");

/**
 * @param {string} root
 * @param {string} program
 */
const venvProgram = (root, program) =>
  windows ? join(venv(root), "Scripts", `${program}.exe`) : join(venv(root), "bin", program);

/**
 * The place counts too: the programs of a virtual environment hold its absolute path.
 * @param {string} root
 */
export const platformioKey = (root) => `${hashOf(root, [REQUIREMENTS])} ${venv(root)}`;

/**
 * @param {string} root
 * @param {string | undefined} installed
 */
export function platformioIsCurrent(root, installed) {
  const programs = [venvProgram(root, "python"), venvProgram(root, "pio")];
  return installed === platformioKey(root) && programs.every(existsSync);
}

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
 * @param {string} root
 * @param {string} python
 */
export async function installPlatformio(root, python) {
  const made = await run(python, ["-m", "venv", "--clear", venv(root)], { cwd: root, seconds: 120 });
  if (!made.ok) return made;
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
  return run(venvProgram(root, "python"), args, { cwd: root, seconds: 600 });
}
