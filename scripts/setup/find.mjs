// @ts-check
import { readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Path of a program on PATH, or undefined.
 * @param {string} name
 * @param {{ path?: string, windows?: boolean }} [environment]
 */
export function findProgram(name, { path = process.env.PATH ?? "", windows = process.platform === "win32" } = {}) {
  const endings = windows ? [".exe", ".cmd"] : [""];
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
    .find(isFile);
}

/**
 * Whether a file exists whose absolute POSIX path has this form; a `*` stands for any characters but `/`.
 * @param {string} pattern
 */
export function existsLike(pattern) {
  let paths = ["/"];
  for (const part of pattern.split("/").slice(1)) {
    const form = new RegExp(`^${part.split("*").map(literal).join(".*")}$`);
    paths = part.includes("*")
      ? paths.flatMap((folder) =>
          entries(folder)
            .filter((entry) => form.test(entry))
            .map((entry) => join(folder, entry)),
        )
      : paths.map((folder) => join(folder, part));
  }
  return paths.some(isFile);
}

/** @param {string} text */
const literal = (text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

/** @param {string} folder */
function entries(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
