/** Projects for real boards: PlatformIO takes them, and their firmware compiles against stand-ins of the framework's API. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { isReal, listBoards, targetOf } from "../../src/device/boards.js";
import { findPio } from "../../src/device/pio.js";
import { boardsDocument } from "../../src/docs.js";
import { platformioProject } from "../../src/project/platformio.js";
import { compileDigits, writeProject } from "../digits.js";
import { hasPlatformio } from "../tools.js";
import { isInstalled, run } from "./compilers.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-arduino-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const STRICT = ["-Wall", "-Wextra", "-Werror", "-ffp-contract=off"];
const compiled = compileDigits({ name: "digits" });
const real = listBoards().filter(isReal);

test("there are at least 30 real boards, each found by USB or by a port that is named", () => {
  expect(real.length).toBeGreaterThanOrEqual(30);
  for (const { serial, platformio } of real) {
    expect(platformio.platform).toMatch(/^[a-z0-9-]+@\d+\.\d+\.\d+$/);
    expect(serial?.maxBaud).toBeGreaterThanOrEqual(115_200);
  }
});

test.skipIf(!hasPlatformio)("PlatformIO takes the platformio.ini of every real board (needs PlatformIO)", async () => {
  const sections = real.map((board) => {
    const files = platformioProject(compiled, board, { file: "digits.onnx", sha256: "" });
    const ini = String(files.get("platformio.ini"));
    return ini.slice(ini.indexOf(`[env:${board.name}]`));
  });
  writeFileSync(join(folder, "platformio.ini"), sections.join("\n"));
  const { stdout } = await promisify(execFile)(findPio(), ["project", "config", "--json-output"], { cwd: folder });
  const environments = new Map<string, [string, unknown][]>(JSON.parse(stdout));
  for (const { name, platformio } of real) {
    expect(Object.fromEntries(environments.get(`env:${name}`) ?? [])).toMatchObject({
      platform: [platformio.platform].flat().at(0),
      board: platformio.board,
      framework: [platformio.framework],
      build_flags: expect.arrayContaining(["-ffp-contract=off", "-D BOARD_BAUD=115200"]),
    });
  }
});

/** Stand-ins of the frameworks' headers, and the file of the firmware that includes them. */
const FRAMEWORKS: Readonly<Record<string, { readonly api: string; readonly board: string }>> = {
  arduino: { api: "arduino_api", board: "board.cpp" },
  espidf: { api: "espidf_api", board: "board.c" },
};

test("docs/boards.md says of every real board what is done here: compiled, or generated only", () => {
  const documented = [...boardsDocument().matchAll(/^\| `([a-z0-9-]+)` .* \| ([^|]+) \|$/gm)];
  const checked = new Map(documented.map(([, name, last]) => [name, last]));
  for (const { name, compile } of real) {
    expect(checked.get(name)).toBe(compile ? `compiled (${compile.compiler})` : "generated");
  }
});

describe.each(real.filter(({ compile }) => compile))("$name", (board) => {
  const { compiler, flags } = board.compile!;
  test.skipIf(!isInstalled(compiler))(`every file of the firmware compiles with ${compiler}`, async () => {
    const { api, board: boardFile } = FRAMEWORKS[board.platformio.framework!];
    const model = compileDigits({ name: "digits", target: targetOf(board) });
    const project = await writeProject(join(folder, board.name), model, board.name, { mlperf: true });
    const sources = ["src", "lib/digits/src", "lib/onnx2mcu_link/src"].map((path) => join(project.folder, path));
    const files = sources.flatMap((path) => readdirSync(path).map((file) => join(path, file)));
    const headers = fileURLToPath(new URL(api, import.meta.url));
    const includes = [...sources, headers].flatMap((path) => ["-I", path]);
    const ini = readFileSync(join(project.folder, "platformio.ini"), "utf8");
    const defines = [...ini.matchAll(/^ +-D (\S+)$/gm)].map(([, define]) => `-D${define}`);
    expect(defines).toHaveLength(3);
    const c = files.filter((file) => file.endsWith(".c"));
    const cpp = files.filter((file) => file.endsWith(".cpp"));
    expect([...c, ...cpp]).toContain(join(project.folder, "src", boardFile));
    const compile = async (command: string, standard: string, sources: readonly string[]) => {
      if (sources.length === 0) return;
      await run(command, [...flags, standard, "-Os", ...STRICT, ...defines, ...includes, "-c", ...sources], {
        cwd: project.folder,
      });
    };
    await compile(compiler, "-std=gnu11", c);
    await compile(compiler.replace(/gcc$/, "g++"), "-std=gnu++11", cpp);
    const objects = readdirSync(project.folder).filter((file) => file.endsWith(".o"));
    expect(objects).toHaveLength(c.length + cpp.length);
  });
});
