// @ts-check
/** PlatformIO in .venv, a virtual environment of this repository. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installRequirements, venvProgram } from "./python.mjs";
import { hashOf } from "./stamp.mjs";

const REQUIREMENTS = "scripts/platformio-requirements.txt";

/** @param {string} root */
const venv = (root) => join(root, ".venv");

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
  const programs = [venvProgram(venv(root), "python"), venvProgram(venv(root), "pio")];
  return installed === platformioKey(root) && programs.every(existsSync);
}

/**
 * @param {string} root
 * @param {string} python
 */
export const installPlatformio = (root, python) => installRequirements(root, python, venv(root), REQUIREMENTS);
