/** Paths inside the installed package, whatever the working directory is. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** src/io and dist/io lie equally deep. */
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export function packagePath(...parts: string[]): string {
  return join(root, ...parts);
}

/** Version in package.json: printed by --version and into every generated file. */
export const toolVersion: string = JSON.parse(readFileSync(packagePath("package.json"), "utf8")).version;
