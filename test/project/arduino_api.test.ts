/** Projects for real boards: PlatformIO takes them, and their firmware compiles with the core's flags against the Arduino API. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { isReal, listBoards } from "../../src/device/boards.js";
import { findPio } from "../../src/device/pio.js";
import { platformioProject } from "../../src/project/platformio.js";
import { compileDigits, writeProject } from "../digits.js";
import { hasPlatformio } from "../tools.js";
import { isInstalled } from "./compilers.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-arduino-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const api = fileURLToPath(new URL("arduino_api", import.meta.url));
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

/** One board of each set of flags. */
const kinds = new Map(real.flatMap((board) => (board.compile ? [[board.compile.flags.join(" "), board]] : [])));

describe.each([...kinds.values()])("$name", (board) => {
  const { compiler, flags } = board.compile!;
  test.skipIf(!isInstalled(compiler))(`every file compiles with ${compiler}`, async () => {
    const project = await writeProject(join(folder, board.name), compiled, board.name, { mlperf: true });
    const sources = ["src", "lib/digits/src", "lib/onnx2mcu_link/src"].map((path) => join(project.folder, path));
    const files = sources.flatMap((path) => readdirSync(path).map((file) => join(path, file)));
    const includes = [...sources, api].flatMap((path) => ["-I", path]);
    const ini = readFileSync(join(project.folder, "platformio.ini"), "utf8");
    const defines = [...ini.matchAll(/^ +-D (\S+)$/gm)].map(([, define]) => `-D${define}`);
    expect(defines).toHaveLength(3);
    const c = files.filter((file) => file.endsWith(".c"));
    const cpp = files.filter((file) => file.endsWith(".cpp"));
    expect(cpp).toHaveLength(1);
    const compile = (command: string, standard: string, sources: readonly string[]) =>
      promisify(execFile)(command, [...flags, standard, "-Os", ...STRICT, ...defines, ...includes, "-c", ...sources], {
        cwd: project.folder,
      });
    await compile(compiler, "-std=gnu11", c);
    await compile(compiler.replace(/gcc$/, "g++"), "-std=gnu++11", cpp);
    const objects = readdirSync(project.folder).filter((file) => file.endsWith(".o"));
    expect(objects).toHaveLength(c.length + cpp.length);
  });
});
