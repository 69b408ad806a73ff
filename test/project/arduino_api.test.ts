/** Projects for real boards: their firmware compiles with the core's own flags against the Arduino API. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { isReal, listBoards } from "../../src/device/boards.js";
import { compileDigits, writeProject } from "../digits.js";
import { isInstalled } from "./compilers.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-arduino-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const api = fileURLToPath(new URL("arduino_api", import.meta.url));
const STRICT = ["-Wall", "-Wextra", "-Werror", "-ffp-contract=off"];

describe.each(listBoards().filter((board) => isReal(board) && board.compile))("$name", (board) => {
  const { compiler, flags } = board.compile!;
  test.skipIf(!isInstalled(compiler))(`every file compiles with ${compiler}`, async () => {
    const compiled = compileDigits({ name: "digits" });
    const project = await writeProject(join(folder, board.name), compiled, board.name, { mlperf: true });
    const sources = ["src", "lib/digits/src", "lib/onnx2mcu_link/src"].map((path) => join(project.folder, path));
    const files = sources.flatMap((path) => readdirSync(path).map((file) => join(path, file)));
    const includes = [...sources, api].flatMap((path) => ["-I", path]);
    const defines = ["-DBOARD_BAUD=115200", "-DBOARD_BAUD_MAX=1000000", "-DLINK_PAYLOAD_MAX=52"];
    const c = files.filter((file) => file.endsWith(".c"));
    const cpp = files.filter((file) => file.endsWith(".cpp"));
    expect(cpp).toHaveLength(1);
    const compile = (command: string, standard: string, sources: readonly string[]) =>
      promisify(execFile)(command, [...flags, standard, "-Os", ...STRICT, ...defines, ...includes, "-c", ...sources], {
        cwd: project.folder,
      });
    await compile(compiler, "-std=gnu11", c);
    await compile(compiler.replace(/gcc$/, "g++"), "-std=gnu++17", cpp);
    const objects = readdirSync(project.folder).filter((file) => file.endsWith(".o"));
    expect(objects).toHaveLength(c.length + cpp.length);
  });
});
