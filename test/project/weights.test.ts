/** Weights outside the firmware: on the host, in a simulated board, and what is refused. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { weightsPlaceOf } from "../../src/cli/options.js";
import { validateDevice } from "../../src/compare/validate.js";
import { type CompileOptions, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { benchProject } from "../../src/device/profile/bench.js";
import { manifestOf, tableBytes } from "../../src/emit/manifest.js";
import { INTERNAL, imageLayout, internalTables, type WeightsPlace, weightsImage } from "../../src/emit/weights.js";
import { firmwareCall } from "../../src/graph/program.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { storedValues } from "../../src/host/values.js";
import { writeTree } from "../../src/io/files.js";
import { packageFiles } from "../../src/project/formats/format.js";
import { PACKAGE_FORMATS, packageFormat } from "../../src/project/formats/index.js";
import { hostProject } from "../../src/project/host_project.js";
import { openProject } from "../../src/project/open.js";
import { firmwareProject } from "../../src/project/platformio.js";
import { checkWeightsFit, checkWeightsPlace } from "../../src/project/weights.js";
import { selectKernels } from "../../src/select/select.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasToolsOf } from "../tools.js";
import { isInstalled, run } from "./compilers.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-weights-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ADDRESS = 0x90000000;
const PLACES: readonly WeightsPlace[] = [{ place: "external", address: ADDRESS }, { place: "file" }];
const PARTLY: readonly WeightsPlace[] = PLACES.map((place) => ({ ...place, internalBytes: 1000 }));
const m4 = loadBoard("qemu-cortex-m4");

/** A place, and what an example prints when init refuses the image. */
async function library(weights: WeightsPlace, options: CompileOptions = {}, format = "cmake") {
  const model = compileDigits({ name: "digits", weights, ...options });
  const manifest = manifestOf(model, "host", { file: "digits.onnx", sha256: "" });
  const folder = mkdtempSync(join(root, "package-"));
  await writeTree(folder, packageFiles({ ...model, manifest }, packageFormat(format)!));
  return { model, manifest, folder, image: join(folder, "digits_weights.bin") };
}

test("an image has a header and every table where the manifest says", async () => {
  const { model, manifest, image } = await library(PLACES[0]);
  const bytes = readFileSync(image);
  expect(bytes.subarray(0, 4).toString()).toBe("NNW1");
  expect(bytes.readUInt32LE(4)).toBe(bytes.length);
  expect(bytes.readBigUInt64LE(8).toString(16).padStart(16, "0")).toBe(manifest.signature);
  expect(bytes.readUInt32LE(16)).toBe(crc32(bytes.subarray(32)));
  const { weights } = manifest;
  if (weights.place !== "external") throw new Error(weights.place);
  expect(weights).toMatchObject({ address: ADDRESS, file: "digits_weights.bin", bytes: bytes.length });
  expect(weights.tables.length).toBeGreaterThan(2);
  for (const { constant, offset, bytes: size } of weights.tables) {
    expect(offset % 16).toBe(0);
    const { data } = model.program.constants[constant];
    const table = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    expect(bytes.subarray(offset, offset + size).equals(table)).toBe(true);
  }
});

test("a manifest that says nothing of weights is of a firmware that holds them", async () => {
  const folder = join(root, "old");
  await writeProject(folder, compileDigits({ name: "digits" }));
  const path = join(folder, "digits_manifest.json");
  const { weights, ...old } = JSON.parse(readFileSync(path, "utf8"));
  expect(weights).toEqual({ place: "internal" });
  writeFileSync(path, JSON.stringify(old));
  expect(openProject(folder).manifest.weights).toEqual({ place: "internal" });
});

test("where weights lie changes neither signature nor numbers, and leaves no table in the C", () => {
  const internal = compileDigits({ name: "digits" });
  for (const weights of PLACES) {
    const model = compileDigits({ name: "digits", weights });
    expect(model.view.signature).toBe(internal.view.signature);
    expect([...model.files.keys()].filter((file) => file.startsWith("digits_weights"))).toEqual([]);
    expect([...model.files.values()].join("")).not.toMatch(/digits_(table|values)_/);
  }
});

test("what is read most per byte stays in the firmware, as much as has room", () => {
  const { program } = compileDigits({ name: "digits", optimize: "speed" });
  const size = (id: number) => program.constants[id].data.byteLength;
  const bytesOf = (ids: Iterable<number>) => [...ids].reduce((sum, id) => sum + size(id), 0);
  const all = internalTables(program, INTERNAL);
  expect(bytesOf(all)).toBe(tableBytes(program));
  expect(internalTables(program, { place: "file" }).size).toBe(0);
  expect(internalTables(program, { place: "file", internalBytes: 1e6 })).toEqual(all);
  for (const internalBytes of [0, 100, 300, 1000, 3000]) {
    const weights = { place: "file", internalBytes } as const;
    const inside = internalTables(program, weights);
    expect(bytesOf(inside)).toBeLessThanOrEqual(internalBytes);
    // Every table lies in one of both.
    expect([...imageLayout(program, weights).offsets.keys(), ...inside].sort((a, b) => a - b)).toEqual(
      [...all].sort((a, b) => a - b),
    );
  }
  // One byte too few for all: what is left out is no table of a convolution, whose weights every pixel reads.
  const most = internalTables(program, { place: "file", internalBytes: bytesOf(all) - 1 });
  const outside = [...all].filter((id) => !most.has(id));
  const convolutions = program.steps.filter(({ kernel }) => kernel === "nn_conv2d_s8");
  expect(outside.length).toBe(1);
  expect(convolutions.flatMap((step) => Object.values(firmwareCall(step).constants))).not.toContain(outside[0]);
});

test("a layer whose tables stay in fast flash is not chosen as if it waited for them", () => {
  const target = { ...targetOf(m4), flashWaitStates: 40 };
  const plain = compileDigits({ kernels: "plain", optimize: "speed" }).program;
  const cycles = (more: object) => selectKernels(plain, { ...target, ...more }, { optimize: "speed" }).decision.cycles;
  const hot = (bytes: number) => cycles({ hot: { bytes, flashWaitStates: 0 } });
  expect(hot(0)).toBe(cycles({}));
  expect(hot(1000)).toBeLessThan(hot(0));
  expect(hot(1e6)).toBe(cycles({ flashWaitStates: 0 }));
});

describe.skipIf(!isInstalled("cc") || !isInstalled("make"))("on the host (needs cc, make)", () => {
  for (const weights of [...PLACES, ...PARTLY])
    for (const options of [{}, { optimize: "ram" }, { precision: "float32" }] satisfies CompileOptions[])
      test(`${JSON.stringify(weights)}, ${JSON.stringify(options)}: equals the host reference, and every wrong image is refused`, async () => {
        const { model, folder, image } = await library(weights, options);
        await run("make", [`CFLAGS=-O2 -Wall -Wextra -Werror`], { cwd: folder });
        const tensors = model.program.inputs.map((id) => model.program.tensors[id]);
        const [real] = inputRows(loadData(DIGITS_DATA), "inputs", tensors).row(0);
        const input = storedValues(tensors[0], real);
        const [output] = runRow(hostProgram(model.program), model.program, [input]);
        const stdin = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
        const example = (path: string) => {
          const { stdout, stderr, status } = spawnSync(join(folder, "build", "digits_example"), [path], {
            input: stdin,
          });
          return { stdout, stderr: stderr.toString(), status };
        };
        const right = example(image);
        expect(right.stderr).toBe("");
        expect(right.stdout).toEqual(Buffer.from(output.buffer, output.byteOffset, output.byteLength));

        const bytes = readFileSync(image);
        const changed = (at: number) => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
        const longer = Buffer.from(bytes);
        longer.writeUInt32LE(bytes.length + 1, 4);
        const wrong: readonly (readonly [string, Buffer, number])[] = [
          ["erased flash", Buffer.alloc(bytes.length, 0xff), -3],
          ["magic", changed(0), -3],
          ["another size", longer, -4],
          ["another model", changed(8), -5],
          ["another model, high word", changed(15), -5],
          ["first byte of the tables", changed(32), -6],
          ["last byte", changed(bytes.length - 1), -6],
          ["CRC", changed(16), -6],
          // The memory that stands in for flash is zero behind what was flashed.
          ["cut off", bytes.subarray(0, bytes.length - 9), weights.place === "file" ? -4 : -6],
          ["cut off in the header", bytes.subarray(0, 20), weights.place === "file" ? -4 : -6],
        ];
        for (const [what, content, status] of wrong) {
          const path = join(folder, "wrong.bin");
          writeFileSync(path, content);
          expect({ what, ...example(path) }).toMatchObject({
            what,
            status: 1,
            stderr: `digits failed with ${status}\n`,
          });
        }
      });

  test("file: no pointer and a wrong alignment are refused, by run too", async () => {
    const { folder } = await library({ place: "file" });
    writeFileSync(
      join(folder, "check.c"),
      `#include <stdio.h>
#include "digits.h"
static DIGITS_ARENA(arena);
static uint8_t image[DIGITS_WEIGHTS_BYTES + 1] __attribute__((aligned(DIGITS_WEIGHTS_ALIGN)));
int main(void) {
    digits_ctx model = { 0 };
    model.arena = arena;
    printf("%d %d ", digits_init(&model), digits_run(&model, NULL, NULL));
    model.weights = image + 1;
    model.weights_bytes = DIGITS_WEIGHTS_BYTES;
    printf("%d %d ", digits_init(&model), digits_run(&model, NULL, NULL));
    model.weights = image;
    printf("%d %d", digits_init(&model), digits_run(&model, NULL, NULL));
    return 0;
}
`,
    );
    await run("make", ["lib"], { cwd: folder });
    const program = join(folder, "check");
    await run("cc", ["-Isrc", "check.c", "build/libdigits_model.a", "-lm", "-o", program], { cwd: folder });
    expect(spawnSync(program).stdout.toString()).toBe("-1 -1 -2 -2 -3 -3");
  });
});

describe.skipIf(!hasToolsOf(m4))("in a simulated board (needs arm-none-eabi-gcc, qemu-system-arm)", () => {
  test.each([
    { place: "external", address: 0x21000100 },
    { place: "file" },
    { place: "external", address: 0x21000100, internalBytes: 1000 },
  ] satisfies WeightsPlace[])(
    "$place, $internalBytes: equals the host in every byte, the weights are no part of the firmware, and a missing image is reported",
    async (weights) => {
      const options = { name: "digits", target: targetOf(m4), optimize: "ram" } as const;
      const compiled = compileDigits({ ...options, weights });
      const folder = join(root, `m4-${weights.place}-${"internalBytes" in weights}`);
      const project = await writeProject(folder, compiled, m4.name);
      await buildProject(folder, m4);
      const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
      const device = await openDevice(project, "simulator");
      const result = await validateDevice(project, device, rows, { limit: 4, perLayer: true });
      await device.close();
      expect(result).toMatchObject({ rows: 4, firstDivergence: null });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      // The host has no external flash: there the weights are part of the program.
      const host = await openDevice(await hostProject(project), "host");
      expect(host.info.name).toBe("digits");
      await host.close();
      const bench = await benchProject(project);
      const tables = tableBytes(compiled.program);
      const inside = ("internalBytes" in weights && weights.internalBytes) || 0;
      expect(bench.external).toBeGreaterThan(tables - inside);
      expect(bench.external).toBeLessThan(tables - inside + 200);
      expect(bench.flash.weights).toBeLessThan(tables);

      // Flash that nobody has written, then the image of another model.
      for (const [content, status] of [
        [Buffer.alloc(64, 0xff), -3],
        [Buffer.from(weightsImage(compiled.program, weights, "0123456789abcdef")), -5],
      ] as const) {
        writeFileSync(join(folder, "digits_weights.bin"), content);
        const blank = await openDevice(project, "simulator");
        expect(await blank.log()).toContain("digits_init failed");
        const input = new Uint8Array(project.manifest.inputs[0].bytes);
        await expect(blank.run([input])).rejects.toThrow(`returned ${status}`);
        await blank.close();
      }
    },
  );
});

test.each(PACKAGE_FORMATS)("$name explains what is to be done", async ({ name }) => {
  for (const weights of PLACES) {
    const { folder } = await library(weights, {}, name);
    const guide = readFileSync(join(folder, "digits_weights.md"), "utf8");
    expect(guide).toContain("DIGITS_ERROR_WEIGHTS_DAMAGED");
    expect(guide).toContain(weights.place === "file" ? "model.weights = pointer" : "0x90000000");
  }
});

test.skipIf(!isInstalled("arm-none-eabi-g++"))(
  "the sketch that loads a file compiles, with a partition and with an SD card (needs arm-none-eabi-g++)",
  async () => {
    const { folder } = await library({ place: "file" }, {}, "arduino");
    const api = fileURLToPath(new URL("./arduino_api", import.meta.url));
    writeFileSync(
      join(folder, "SD.h"),
      "struct File { operator bool() const; int read(void *to, size_t bytes); void close(); };\n" +
        "struct Card { bool begin(); File open(const char *path); };\nextern Card SD;\n",
    );
    writeFileSync(
      join(folder, "esp_partition.h"),
      "#include <stddef.h>\n#include <stdint.h>\ntypedef struct { uint32_t size; } esp_partition_t;\ntypedef uint32_t esp_partition_mmap_handle_t;\n" +
        "enum { ESP_OK, ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, ESP_PARTITION_MMAP_DATA };\n" +
        "const esp_partition_t *esp_partition_find_first(int type, int subtype, const char *label);\n" +
        "int esp_partition_mmap(const esp_partition_t *, size_t, size_t, int, const void **, esp_partition_mmap_handle_t *);\n",
    );
    writeFileSync(join(folder, "esp_idf_version.h"), "#define ESP_IDF_VERSION_MAJOR 5\n");
    const sketch = join(folder, "examples", "digits_example", "digits_example.ino");
    const ide = ["-I", api, "-I", join(folder, "src"), "-I", folder, "-include", "Arduino.h", "-x", "c++"];
    for (const define of ["-DESP32", "-DOTHER"])
      await run("arm-none-eabi-g++", [
        ...["-mcpu=cortex-m4", "-mthumb", "-std=gnu++11", "-Wall", "-Wextra", "-Werror", define, ...ide],
        ...["-c", sketch, "-o", join(folder, "sketch.o")],
      ]);
    for (const [format, define] of [
      ["esp-idf", "-DESP_PLATFORM"],
      ["zephyr", "-DDIGITS_WEIGHTS_FLASHED_AT=0x90000000u"],
    ]) {
      const own = (await library({ place: "file" }, {}, format)).folder;
      const main = readdirSync(own, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith("main.c"))!;
      const includes = [folder, join(own, "include"), join(own, "src")].flatMap((path) => ["-I", path]);
      const strict = ["-mcpu=cortex-m4", "-mthumb", "-std=gnu11", "-Wall", "-Wextra", "-Werror", ...includes];
      const object = ["-c", join(own, main), "-o", join(own, "main.o")];
      await run("arm-none-eabi-gcc", [...strict, define, ...object]);
      await expect(run("arm-none-eabi-gcc", [...strict, ...object])).rejects.toThrow("DIGITS_WEIGHTS_FLASHED_AT");
    }
  },
);

test("--weights", () => {
  expect(weightsPlaceOf("internal")).toEqual({ place: "internal" });
  expect(weightsPlaceOf("file")).toEqual({ place: "file" });
  expect(weightsPlaceOf("external:0x90000000")).toEqual({ place: "external", address: ADDRESS });
  expect(weightsPlaceOf("external:4096")).toEqual({ place: "external", address: 4096 });
  for (const text of ["external", "external:", "external:0x100000000", "external:-16", "flash", "external:0x"])
    expect(() => weightsPlaceOf(text)).toThrow("expected internal");
});

test("what makes no sense is refused, with the reason", () => {
  const check = (board: string, weights: string, firmware = true) =>
    checkWeightsPlace(loadBoard(board), weightsPlaceOf(weights), firmware);
  expect(() => check("arduino-uno", "file", false)).toThrow("LPM");
  expect(() => check("arduino-uno", "external:0x8000", false)).toThrow("LPM");
  expect(() => check("nucleo-f446re", "file")).toThrow("no place to load the file from");
  expect(() => check("nucleo-f446re", "external:0x90000008")).toThrow("no multiple of 16");
  expect(() => check("nucleo-f446re", "external:0x08001000")).toThrow("where the linker places the firmware");
  expect(() => check("nucleo-f446re", "external:0x20000000", false)).toThrow("empty after power-on");
  expect(() => check("qemu-cortex-m4", "external:0x90000000")).toThrow("psram at 0x21000000");
  expect(() => check("qemu-cortex-m3", "external:0x90000000")).toThrow("--weights internal");
  check("nucleo-f446re", "external:0x90000000");
  check("nucleo-f446re", "file", false);
  check("qemu-cortex-m4", "external:0x21000000");
  check("arduino-uno", "internal");
});

test("an image that is larger than what is left of its flash, and two over each other, are refused", () => {
  const at = (address: number, name = "digits") =>
    compileDigits({ name, weights: { place: "external", address } as const });
  const { program } = at(0x21000000);
  const end = 0x22000000;
  const place = (address: number) => ({ place: "external", address }) as const;
  expect(() => checkWeightsFit(m4, program, place(end - 64))).toThrow("5432 more than psram");
  checkWeightsFit(m4, program, place(0x21000000));
  const models = [at(0x21000000, "a"), at(0x21000010, "b"), at(0x21100000, "c")].map((model) => ({
    ...{ ...model, manifest: manifestOf(model, m4.name, { file: "m.onnx", sha256: "" }) },
  }));
  expect(() => firmwareProject([models[0], models[1]], m4)).toThrow("a and b lie over each other at 0x21000010");
  firmwareProject([models[0], models[2]], m4);
});

test("--max-flash does not count tables that lie elsewhere", () => {
  const model = modelBytes({
    node: [node("Gemm", ["x", "w"], ["y"])],
    input: [value("x", [1, 100])],
    output: [value("y", [1, 100])],
    initializer: [floats("w", [100, 100], new Array(10_000).fill(0.5))],
  });
  const calibration = () => ({ rows: 2, row: (i: number) => [new Float32Array(100).fill(i + 1)] });
  const limited = (weights: WeightsPlace) =>
    compile(model, { calibration, target: targetOf(m4), maxFlash: 4000, weights });
  expect(() => limited({ place: "internal" })).toThrow("--max-flash");
  expect(limited({ place: "file" }).program.steps.length).toBe(1);
});
