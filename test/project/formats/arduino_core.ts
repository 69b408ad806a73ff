/** Debian's Arduino core for AVR: its own recipes, as the Arduino IDE expands them. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../compilers.js";

const CORE = "/usr/share/arduino/hardware/arduino/avr";
export const hasArduinoCore = existsSync(join(CORE, "platform.txt"));

function properties(file: string): Map<string, string> {
  const lines = readFileSync(join(CORE, file), "utf8").split("\n");
  return new Map(lines.flatMap((line) => [/^([^#=]+)=(.*)$/.exec(line)?.slice(1) as [string, string]].filter(Boolean)));
}

/** Runs the recipe `name` of platform.txt for a board of boards.txt. */
async function recipe(name: string, board: string, more: Readonly<Record<string, string>>): Promise<void> {
  const platform = properties("platform.txt");
  const boards = properties("boards.txt");
  const own: Record<string, string> = { "build.arch": "AVR", "runtime.ide.version": "10819", ...more };
  const value = (key: string) => own[key] ?? boards.get(`${board}.${key}`) ?? platform.get(key) ?? "";
  let text = value(`recipe.${name}.pattern`);
  while (/\{[\w.]+\}/.test(text)) text = text.replace(/\{([\w.]+)\}/g, (_, key) => value(key));
  const [command, ...args] = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
  await run(command, args);
}

/**
 * Builds a sketch with a library (its `src/`, flat) as the Arduino IDE does.
 * @param folder where objects and the firmware go
 * @returns path of the ELF
 */
export async function buildSketch(folder: string, board: string, sketch: string, library: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const core = join(CORE, "cores/arduino");
  const source = join(library, "src");
  const includes = [core, join(CORE, "variants/standard"), source].map((path) => `-I${path}`).join(" ");
  const warnings = "-Wall -Wextra -Werror";
  const below = (path: string) => readdirSync(path).map((file) => join(path, file));
  const objects: string[] = [];
  const compile = async (file: string, flags: string) => {
    const kind = /\.(c|S|cpp|ino)$/.exec(file)?.[1];
    if (!kind) return;
    const object = join(folder, `${objects.length}.o`);
    objects.push(object);
    await recipe(`${kind === "ino" ? "cpp" : kind}.o`, board, {
      ...{ includes, source_file: file, object_file: object },
      "compiler.warning_flags": flags,
      // What the IDE does with a sketch: it includes the API.
      ...(kind === "ino" && { includes: `${includes} -x c++ -include Arduino.h` }),
    });
  };
  // Debian's compiler is older than its core: its <float.h> has no DECIMAL_DIG in C++11.
  for (const file of below(core)) await compile(file, "-w -DDECIMAL_DIG=__DECIMAL_DIG__");
  const archived = objects.length;
  const standIn = fileURLToPath(new URL("usmulhisi3.S", import.meta.url));
  for (const file of [...below(source), sketch, standIn]) await compile(file, warnings);
  const archive_file = "core.a";
  const archive_file_path = join(folder, archive_file);
  for (const object_file of objects.slice(0, archived)) await recipe("ar", board, { archive_file_path, object_file });
  await recipe("c.combine", board, {
    ...{ archive_file, object_files: objects.slice(archived).join(" ") },
    ...{ "build.path": folder, "build.project_name": "sketch", "compiler.warning_flags": warnings },
  });
  return join(folder, "sketch.elf");
}
