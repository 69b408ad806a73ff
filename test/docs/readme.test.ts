/** The README's commands for real boards, run as they stand there, as far as that goes without a board. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { listPorts, portsOf } from "../../src/device/serial/ports.js";
import { packagePath } from "../../src/io/package_path.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { DIGITS_DATA } from "../digits.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Arguments of each command of the part; "..." stands for what follows the board in the first one. */
function commands(): string[][] {
  const part = readFileSync(packagePath("README.md"), "utf8").split(/^On a real board/m)[1] ?? "";
  const lines = [...part.split(/^`data\.npz`/m)[0].matchAll(/^ {4}npx onnx2mcu +(.*?) *(#.*)?$/gm)];
  const all = lines.map(([, args]) => args.split(/ +/));
  const rest = all[0]?.slice(all[0].indexOf("--board") + 2) ?? [];
  return all.map((args) => args.flatMap((word) => (word === "..." ? rest : [word])));
}

const own: Readonly<Record<string, string>> = {
  "model.onnx": packagePath("examples", "digits", "digits.onnx"),
  "data.npz": DIGITS_DATA,
  "report.html": join(folder, "report.html"),
};
/** Runs a command with files of ours, in a folder of its own. */
const start = (args: readonly string[], board: string) =>
  onnx2mcu(args.map((word) => (word === "firmware/" ? join(folder, board) : (own[word] ?? word))));

const [generates, [flash, validate, ...others]] = [
  commands().filter(([command]) => command === "generate"),
  commands().filter(([command]) => command !== "generate"),
];
const boardOf = (args: readonly string[]) => args[args.indexOf("--board") + 1];

beforeAll(buildDist);

test("they are for an ESP32, an Arduino and an STM32, and four for each", () => {
  const chips = generates.map((args) => loadBoard(boardOf(args)));
  expect(chips.map(({ vendor, chip }) => `${vendor} ${chip}`)).toEqual([
    expect.stringMatching(/Espressif.*ESP32/),
    expect.stringMatching(/Arduino/),
    expect.stringMatching(/STM32/),
  ]);
  expect([flash[0], validate[0], others]).toEqual(["flash", "validate", []]);
});

describe.each(generates.map((args) => [boardOf(args), args] as const))("%s", (board, generate) => {
  test("generate writes a project for it", async () => {
    const { status, stderr } = await start(generate, board);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const project = readFileSync(join(folder, board, "platformio.ini"), "utf8");
    expect(project).toMatch(new RegExp(`^board = ${loadBoard(board).platformio.board}$`, "m"));
  });

  test("flash lacks nothing but the board", async (context) => {
    if (portsOf(loadBoard(board), await listPorts()).length > 0) context.skip();
    const { status, stderr } = await start(flash, board);
    expect(stderr).toMatch(/^onnx2mcu: E_PORT: no port has the USB ids of .*; plug it in .*--port\n$/);
    expect(status).toBe(6);
  });

  test("validate lacks nothing but the port", async (context) => {
    const port = validate[validate.indexOf("--on") + 1];
    if ((await listPorts()).some(({ path }) => path === port)) context.skip();
    const { status, stderr } = await start(validate, board);
    expect(stderr).toBe(`onnx2mcu: E_PORT: there is no port ${port}; plug the board in, and see onnx2mcu ports\n`);
    expect(status).toBe(6);
  });
});
