/** Arduino libraries: built with a real core and run, and compiled with the flags of the others and nothing else. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compile.js";
import { isReal, listBoards, loadBoard, targetOf } from "../../../src/device/boards.js";
import { manifestOf } from "../../../src/emit/manifest.js";
import { writeTree } from "../../../src/io/files.js";
import { arduino } from "../../../src/project/formats/arduino.js";
import { packageFiles } from "../../../src/project/formats/format.js";
import { compileDigits } from "../../digits.js";
import { floats, modelBytes, node, value } from "../../onnx/model_bytes.js";
import { randomValues } from "../../onnxruntime.js";
import { isInstalled, run } from "../compilers.js";
import { buildSketch, hasArduinoCore } from "./arduino_core.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-arduino-library-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const api = fileURLToPath(new URL("../arduino_api", import.meta.url));

async function write(folder: string, model: ReturnType<typeof compile>, board: string): Promise<string> {
  const manifest = manifestOf(model, board, { file: "m.onnx", sha256: "" });
  await writeTree(folder, packageFiles({ ...model, manifest }, arduino));
  return folder;
}

const sketchOf = (folder: string, name: string) => join(folder, "examples", `${name}_example`, `${name}_example.ino`);

/** h = 0.5 h + x, y = tanh(h): a state, and float32 on request. */
const stateful = (options: object) =>
  compile(
    modelBytes({
      node: [node("Mul", ["h", "half"], ["kept"]), node("Add", ["kept", "x"], ["hn"]), node("Tanh", ["hn"], ["y"])],
      input: [value("x", [1, 5]), value("h", [1, 5])],
      output: [value("y", [1, 5]), value("hn", [1, 5])],
      initializer: [floats("half", [1], [0.5])],
    }),
    { name: "net", states: [{ input: "h", output: "hn" }], ...options },
  );

const target = targetOf(loadBoard("arduino-uno"));
const calibration = () => ({ rows: 8, row: (i: number) => [randomValues(5, i + 1)] });
const ON_AVR = [
  { what: "digits in int8", model: compileDigits({ name: "digits", target }) },
  {
    what: "a state in int8 with float32 in buffers of the caller",
    model: stateful({ calibration, target, io: "float32", ioBuffers: "caller" }),
  },
  { what: "a state in float32", model: stateful({ precision: "float32" }) },
];

/** What the firmware prints until its verdict, on qemu's Uno. */
function output(elf: string): Promise<string> {
  const qemu = spawn("qemu-system-avr", ["-M", "uno", "-bios", elf, "-nographic", "-monitor", "none"]);
  return new Promise((resolve) => {
    let text = "";
    const end = () => qemu.kill();
    const timer = setTimeout(end, 20_000);
    qemu.stdout.on("data", (data) => {
      text += data;
      if (/reference: \w+\r?\n|failed/.test(text)) end();
    });
    qemu.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

const canRun = hasArduinoCore && ["avr-gcc", "qemu-system-avr"].every(isInstalled);
describe.skipIf(!canRun)("Arduino Uno (needs arduino-core-avr, qemu-system-avr)", () => {
  test.each(ON_AVR)("$what: the sketch runs and gives the bytes of the host", async ({ model }) => {
    const folder = await write(mkdtempSync(join(root, "avr-")), model, "arduino-uno");
    const sketch = sketchOf(folder, model.name);
    const elf = await buildSketch(join(folder, "build"), "uno", sketch, folder);
    const text = await output(elf);
    expect(text).toMatch(/^output 0:( -?\d+\.\d{4})+ *\r\n/);
    expect(text).toContain("equal to the host reference: yes");
    // Tables are read from flash: they are no part of the RAM that starts with values.
    const { stdout } = await run("avr-nm", ["--defined-only", elf]);
    const tables = stdout.split("\n").filter((line) => new RegExp(`${model.name}_(table|sample)_`).test(line));
    expect(tables.length).toBeGreaterThan(1);
    for (const line of tables) expect(Number.parseInt(line.slice(0, 8), 16)).toBeLessThan(0x800000);
  });

  test("the sketch sees one wrong byte", async () => {
    const [{ model }] = ON_AVR;
    const folder = await write(join(root, "avr-wrong"), model, "arduino-uno");
    const header = join(folder, "examples/digits_example/digits_sample.h");
    const text = readFileSync(header, "utf8");
    const at = text.indexOf("{", text.indexOf("sample_output_0["));
    writeFileSync(header, text.slice(0, at) + text.slice(at).replace(/\d+/, (byte) => String(Number(byte) ^ 1)));
    const elf = await buildSketch(join(folder, "build"), "uno", sketchOf(folder, "digits"), folder);
    expect(await output(elf)).toContain("equal to the host reference: no");
  });
});

/** One board of each set of flags. */
const kinds = new Map(
  listBoards()
    .filter((board) => isReal(board) && board.platformio.framework === "arduino")
    .flatMap((board) => (board.compile ? [[board.compile.flags.join(" "), board]] : [])),
);

describe.each([...kinds.values()])("$name", (board) => {
  const { compiler, flags } = board.compile!;
  test.skipIf(!isInstalled(compiler))(
    `library and sketch compile with ${compiler} and no option of theirs`,
    async () => {
      const folder = await write(
        join(root, board.name),
        compileDigits({ name: "digits", target: targetOf(board) }),
        board.name,
      );
      const strict = ["-Os", "-Wall", "-Wextra", "-Werror"];
      const sources = readdirSync(join(folder, "src")).filter((file) => file.endsWith(".c"));
      await run(
        compiler,
        [...flags, "-std=gnu11", ...strict, "-c", ...sources.map((file) => join(folder, "src", file))],
        {
          cwd: folder,
        },
      );
      expect(readdirSync(folder).filter((file) => file.endsWith(".o"))).toHaveLength(sources.length);
      // As the IDE compiles it: the folders of the core and of the libraries' src, the API included.
      const ide = ["-I", api, "-I", join(folder, "src"), "-include", "Arduino.h", "-x", "c++"];
      await run(compiler.replace(/gcc$/, "g++"), [
        ...[...flags, "-std=gnu++11", ...strict, ...ide, "-c", sketchOf(folder, "digits")],
        ...["-o", join(folder, "sketch.o")],
      ]);
    },
  );
});

test.skipIf(!isInstalled("arm-none-eabi-gcc"))(
  "no multiply-add is contracted, though the core's options allow it (needs arm-none-eabi-gcc)",
  async () => {
    const folder = await write(
      join(root, "fma"),
      compileDigits({ name: "digits", precision: "float32" }),
      "nucleo-f446re",
    );
    const { flags } = loadBoard("nucleo-f446re").compile!;
    const file = join(folder, "src", "nn_fully_connected_f32.c");
    const assembly = async (path: string) =>
      (await run("arm-none-eabi-gcc", [...flags, "-std=gnu11", "-O2", "-S", path, "-o", "-"])).stdout;
    expect(await assembly(file)).not.toMatch(/vf?n?m[as]\.f32|vml[as]\.f32/);
    const bare = join(folder, "src", "bare.c");
    writeFileSync(bare, readFileSync(file, "utf8").replace(/^#pragma.*$/gm, ""));
    expect(await assembly(bare)).toMatch(/vfma\.f32/);
  },
);

test("library.properties says what the Arduino IDE asks for", () => {
  const model = compileDigits({ name: "digits" });
  const manifest = manifestOf(model, "arduino-uno", { file: "m.onnx", sha256: "" });
  const files = packageFiles({ ...model, manifest }, arduino);
  const lines = String(files.get("library.properties")).trim().split("\n");
  const entries = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  expect(Object.keys(entries).sort()).toEqual(
    "architectures author category includes maintainer name paragraph sentence url version".split(" "),
  );
  expect(entries).toMatchObject({ name: "digits", architectures: "*", category: "Data Processing" });
  expect(entries.version).toMatch(/^\d+\.\d+\.\d+$/);
});
