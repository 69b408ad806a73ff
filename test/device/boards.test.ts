import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type BoardFilter, filterBoards } from "../../src/cli/boards.js";
import {
  arenaMemories,
  flashBytes,
  listBoards,
  loadBoard,
  parseBoard,
  ramBytes,
  usableFlash,
  usableRam,
} from "../../src/device/boards.js";
import { UserError } from "../../src/errors.js";
import { packagePath } from "../../src/io/package_path.js";

const text = readFileSync(packagePath("boards", "qemu-cortex-m4.json"), "utf8");
const board = JSON.parse(text);

function errorOf(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("nothing was thrown");
}

describe("the boards there are", () => {
  test("are listed by name, one file each, and valid", () => {
    const files = readdirSync(packagePath("boards")).filter((file) => file.endsWith(".json"));
    const names = listBoards().map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(["host", "qemu-cortex-m4"]));
    expect([...names.map((name) => `${name}.json`), "board.schema.json"].sort()).toEqual(files.sort());
  });

  test.each(listBoards())("$name: the files that its build names exist", ({ build, platformio }) => {
    expect(platformio.platform === "bundled").toBe(build !== undefined);
    if (!build) return;
    for (const file of build.support) expect(existsSync(packagePath("boards", "sim", "support", file))).toBe(true);
    if (build.linkerScript) {
      expect(existsSync(packagePath("boards", "sim", "ldscripts", build.linkerScript))).toBe(true);
    }
  });

  test("sizes add up over regions", () => {
    const two = { name: "x", bytes: 1000, waitStates: 0 };
    const memory = { flash: [...board.memory.flash, two], ram: [two, two, two] };
    const parsed = parseBoard(JSON.stringify({ ...board, memory }), "qemu-cortex-m4");
    expect(flashBytes(parsed)).toBe(4_194_304 + 1000);
    expect(ramBytes(parsed)).toBe(3000);
  });
});

describe("filters", () => {
  const names = (filter: BoardFilter, ...words: string[]) =>
    filterBoards(listBoards(), filter, words).map(({ name }) => name);

  test("each condition, and all together", () => {
    expect(names({ vendor: "espressif" })).toHaveLength(5);
    expect(names({ core: "cortex-m33", real: true })).toEqual(["nucleo-u575zi", "raspberry-pi-pico-2"]);
    expect(names({ simulated: true }).every((name) => /^(qemu|atmega|rp2040)/.test(name))).toBe(true);
    expect(names({ framework: "espidf" })).toEqual(["esp32-c6-devkitc"]);
    expect(names({}, "nucleo", "L4")).toEqual(["nucleo-l476rg", "nucleo-l4r5zi"]);
    expect(names({ minRam: 600_000, real: true })).toEqual([
      ...["nucleo-h743zi", "nucleo-l4r5zi", "nucleo-u575zi", "teensy-4-1"],
    ]);
    expect(names({ minFlash: 2 ** 40 })).toEqual([]);
  });

  test("what the platform reserves is not the firmware's", () => {
    const uno = loadBoard("arduino-uno");
    expect(flashBytes(uno)).toBe(32768);
    expect(usableFlash(uno)).toBe(32256);
    // The second bank does not continue the first, but a part of an arena may lie there; the framework has all of the Due's.
    expect(usableRam(loadBoard("nucleo-l476rg"))).toBe(98304 + 32768);
    expect(usableRam(loadBoard("arduino-due"))).toBe(65536);
  });

  test("an arena may lie in regions with a section, those of wait states behind a cache weighing less", () => {
    const memories = arenaMemories(loadBoard("nucleo-h743zi"), 1000);
    expect(memories).toEqual([
      { index: 0, name: "axi-sram", bytes: 524288 - 1000, waiting: 0.1 },
      { index: 1, name: "dtcm", bytes: 131072, waiting: 0 },
    ]);
    expect(arenaMemories(loadBoard("qemu-cortex-m4"), 0)).toHaveLength(1);
  });
});

describe("a board that is unknown or invalid", () => {
  test("unknown: the names there are", () => {
    const error = errorOf(() => loadBoard("esp33"));
    expect(error).toMatchObject({ code: "E_BOARD_UNKNOWN", exitCode: 2 });
    expect(error.message).toMatch(/"esp33"; boards: .*host, .*qemu-cortex-m4/);
  });

  test("a path is no name", () => {
    for (const name of ["../package", "host.json", "", "board.schema"]) {
      expect(errorOf(() => loadBoard(name)).code).toBe("E_BOARD_UNKNOWN");
    }
  });

  test.each<[string, unknown, RegExp]>([
    ["no object", [], /^boards\/qemu-cortex-m4\.json: file: /],
    ["a missing key", { ...board, core: undefined }, /: core: /],
    ["a key that is unknown", { ...board, cores: 2 }, /cores/],
    ["no flash", { ...board, memory: { ...board.memory, flash: [] } }, /: memory\.flash: /],
    [
      "a size that is no whole number",
      { ...board, memory: { ...board.memory, ram: [{ ...board.memory.ram[0], bytes: 0.5 }] } },
      /: memory\.ram\.0\.bytes: /,
    ],
    ["a define without value", { ...board, build: { ...board.build, defines: [["A"]] } }, /: build\.defines\.0/],
    ["another name than its file", { ...board, name: "other" }, /names the board "other"/],
    ["a name that is none", { ...board, name: "A B" }, /: name: /],
  ])("%s", (_, content, message) => {
    const error = errorOf(() => parseBoard(JSON.stringify(content), "qemu-cortex-m4"));
    expect(error).toMatchObject({ code: "E_BOARD_INVALID", message: expect.stringMatching(message) });
    expect(error.message).not.toMatch(/\n/);
  });

  test("no JSON", () => {
    expect(errorOf(() => parseBoard(text.slice(1), "qemu-cortex-m4")).message).toBe(
      "boards/qemu-cortex-m4.json is not JSON",
    );
  });
});
