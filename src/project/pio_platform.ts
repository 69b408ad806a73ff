/** The bundled PlatformIO platform (boards/sim) as files of a project, with the board's own JSON. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Board } from "../device/boards.js";
import { flashBytes, ramBytes } from "../device/boards.js";
import { packagePath } from "../io/package_path.js";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** PlatformIO's view of a board. */
function pioBoard(board: Board): string {
  const build = board.build!;
  const [flash] = board.memory.flash;
  const [ram] = board.memory.ram;
  const symbols = [
    ["FLASH_ORIGIN", flash.origin],
    ["FLASH_BYTES", flash.bytes],
    ["RAM_ORIGIN", ram.origin],
    ["RAM_BYTES", ram.bytes],
  ];
  const defsyms = build.linkerScript ? symbols.map(([name, value]) => `-Wl,--defsym=${name}=${value}`) : [];
  return JSON.stringify(
    {
      name: board.title,
      url: "https://www.npmjs.com/package/onnx2mcu",
      vendor: "onnx2mcu",
      frameworks: [],
      build: {
        mcu: board.core,
        f_cpu: `${board.clockHz}L`,
        prefix: build.prefix,
        arch_flags: build.archFlags,
        link_flags: [...build.linkFlags, ...defsyms],
        ...(build.linkerScript && { ldscript: build.linkerScript }),
        defines: [["F_CPU", `${board.clockHz}`], ...build.defines],
        support: build.support,
      },
      upload: { maximum_size: flashBytes(board), maximum_ram_size: ramBytes(board) },
    },
    null,
    2,
  );
}

/** The name in boards/sim/platform.json. */
export const BUNDLED_PLATFORM = "onnx2mcu-sim";

/**
 * Files below `platform/` of the project, laid out as PlatformIO's platforms_dir with its packages_dir inside: taken as
 * installed, from the project's own folder. A symlink:// platform would be the first built project's, for all projects.
 */
export function bundledPlatform(board: Board): Map<string, string> {
  const root = packagePath("boards", "sim");
  const files = new Map<string, string>();
  for (const path of filesBelow(root)) {
    const name = relative(root, path).split("\\").join("/");
    if (name.includes("__pycache__")) continue;
    const place = name.startsWith("packages/") ? name : `${BUNDLED_PLATFORM}/${name}`;
    files.set(`platform/${place}`, readFileSync(path, "utf8"));
  }
  files.set(`platform/${BUNDLED_PLATFORM}/boards/${board.platformio.board}.json`, `${pioBoard(board)}\n`);
  return files;
}
