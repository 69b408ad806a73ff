// @ts-check
/** What setup has done, in .cache/setup.json: hashes of what each step was made from. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * @typedef {object} Stamp
 * @property {string} [modules] package-lock.json that node_modules was installed from
 * @property {string} [dist] sources that dist was compiled from
 * @property {string} [platformio] requirements, and place, of .venv
 * @property {string} [failed] what could not be installed, and is not tried again under --quiet
 */

/** @param {string} root */
const stampPath = (root) => join(root, ".cache", "setup.json");

/**
 * An unreadable stamp counts as none: the steps then run again.
 * @param {string} root
 * @returns {Stamp}
 */
export function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), "utf8"));
  } catch {
    return {};
  }
}

/**
 * @param {string} root
 * @param {Stamp} stamp
 */
export function writeStamp(root, stamp) {
  mkdirSync(dirname(stampPath(root)), { recursive: true });
  writeFileSync(stampPath(root), `${JSON.stringify(stamp, undefined, 2)}\n`);
}

/**
 * SHA-256 over names and contents of files and folders (recursively), whatever the order of the file system.
 * @param {string} root
 * @param {readonly string[]} paths relative to root
 */
export function hashOf(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((path) => filesOf(root, path))) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {string[]}
 */
function filesOf(root, path) {
  const inside = readdirSync(dirname(join(root, path)), { withFileTypes: true }).find(
    (entry) => entry.name === path.split("/").at(-1),
  );
  if (!inside?.isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(root, `${path}/${name}`));
}
