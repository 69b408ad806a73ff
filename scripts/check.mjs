// @ts-check
// Static checks: Biome, the TypeScript compiler, the format of the C code. `npm run check`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");

/** Other versions of clang-format break some lines elsewhere. */
const CLANG_FORMAT_VERSION = "14";

/** Our own C files; goldens are what the templates print. */
const cFiles = ["runtime-c", "boards", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[ch]$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).includes("golden")),
);

function clangFormat() {
  const programs = [`clang-format-${CLANG_FORMAT_VERSION}`, "clang-format"];
  return programs.find((program) => {
    const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 10_000 });
    return stdout?.includes(`version ${CLANG_FORMAT_VERSION}.`);
  });
}

/**
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 */
function passes(name, command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", timeout: 300_000 });
  if (status !== 0) console.error(`check: ${name} failed`);
  return status === 0;
}

const biome = join(modules, "@biomejs", "biome", "bin", "biome");
const results = [
  passes("biome", process.execPath, [biome, "check", "--error-on-warnings", "."]),
  passes("tsc", process.execPath, [join(modules, "typescript", "bin", "tsc"), "--noEmit"]),
];
const formatter = clangFormat();
if (formatter) results.push(passes("clang-format", formatter, ["--dry-run", "-Werror", ...cFiles]));
else console.error(`check: the format of the C code is not checked, clang-format ${CLANG_FORMAT_VERSION} is missing`);
process.exitCode = results.every(Boolean) ? 0 : 1;
