/**
 * The ESP-IDF component and the Zephyr module: their CMake files run against stand-ins of the framework's functions, with
 * the real cross compilers, and their examples run on simulated cores.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compile.js";
import { loadBoard, targetOf } from "../../../src/device/boards.js";
import { manifestOf } from "../../../src/emit/manifest.js";
import { writeTree } from "../../../src/io/files.js";
import { packageFiles } from "../../../src/project/formats/format.js";
import { packageFormat } from "../../../src/project/formats/index.js";
import { compileDigits } from "../../digits.js";
import { MACHINES, type Machine } from "../../kernels/simulator.js";
import { floats, modelBytes, node, value } from "../../onnx/model_bytes.js";
import { randomValues } from "../../onnxruntime.js";
import { isInstalled, run } from "../compilers.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-frameworks-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const FORMATS = ["esp-idf", "zephyr"] as const;
type Format = (typeof FORMATS)[number];
type Model = ReturnType<typeof compile>;

async function write(folder: string, model: Model, format: Format, board: string): Promise<string> {
  const manifest = manifestOf(model, board, { file: "m.onnx", sha256: "" });
  await writeTree(folder, packageFiles({ ...model, manifest }, packageFormat(format)!));
  return folder;
}

/** h = 0.5 h + x, y = tanh(h): a state, and float32 in buffers of the caller. */
const stateful = (target: Machine["target"]) =>
  compile(
    modelBytes({
      node: [node("Mul", ["h", "half"], ["kept"]), node("Add", ["kept", "x"], ["hn"]), node("Tanh", ["hn"], ["y"])],
      input: [value("x", [1, 5]), value("h", [1, 5])],
      output: [value("y", [1, 5]), value("hn", [1, 5])],
      initializer: [floats("half", [1], [0.5])],
    }),
    {
      ...{ name: "net", states: [{ input: "h", output: "hn" }], target, io: "float32", ioBuffers: "caller" },
      calibration: () => ({ rows: 8, row: (i: number) => [randomValues(5, i + 1)] }),
    },
  );

/** Configures the example against the stand-in of the framework. */
async function configure(folder: string, name: string, compiler: string, flags: string[], more: string[] = []) {
  const source = join(folder, "examples", `${name}_example`);
  const build = join(folder, "build");
  const warnings = ["-Wall", "-Wextra", "-Werror", "-std=gnu11"];
  const definitions = [
    ...["CMAKE_SYSTEM_NAME=Generic", "CMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"],
    ...[`CMAKE_C_COMPILER=${compiler}`, `CMAKE_ASM_COMPILER=${compiler}`],
    ...[`CMAKE_C_FLAGS=${[...flags, ...warnings].join(" ")}`, `CMAKE_ASM_FLAGS=${flags.join(" ")}`, ...more],
  ].map((definition) => `-D${definition}`);
  const env = { ...process.env, IDF_PATH: path("frameworks/esp-idf"), ZEPHYR_BASE: path("frameworks/zephyr") };
  await run("cmake", ["-S", source, "-B", build, ...definitions], { env });
  return { build, make: (target: string) => run("cmake", ["--build", build, "--target", target], { env }) };
}

/** Builds the example for a simulated core and gives what it prints. */
async function printed(folder: string, name: string, machine: Machine): Promise<string> {
  const support = (file: string) => path(`../../kernels/simulator/${file}`);
  const link = `-T ${support(machine.script)}${machine.compiler.startsWith("arm") ? " -u _printf_float" : ""}`;
  const definitions = [`START=${support(machine.start)}`, `CMAKE_EXE_LINKER_FLAGS=${link}`];
  const { build, make } = await configure(folder, name, machine.compiler, [...machine.flags], definitions);
  await make("firmware.elf");
  const [command, ...args] = machine.simulator;
  return (await run(command, [...args, join(build, "firmware.elf")], { timeout: 60_000 })).stdout;
}

const CORES = [
  { core: "rv32imc", board: "esp32-c3-devkitm" },
  { core: "cortex-m4", board: "nrf52840-dk" },
] as const;

describe.each(FORMATS)("%s", (format) => {
  describe.each(CORES)("$core", ({ core, board }) => {
    const machine: Machine = MACHINES[core];
    const canRun = [machine.compiler, machine.simulator[0], "cmake"].every(isInstalled);
    test.skipIf(!canRun).each([
      { what: "digits in int8", make: () => compileDigits({ name: "digits", target: machine.target }) },
      { what: "a state, with float32 in buffers of the caller", make: () => stateful(machine.target) },
    ])("$what: the example gives the bytes of the host (needs cmake, cross compiler, qemu)", async ({ make }) => {
      const model = make();
      const folder = await write(join(root, `${format}-${core}-${model.name}`), model, format, board);
      const text = await printed(folder, model.name, machine);
      expect(text).toMatch(/^output 0:( -?\d+\.\d{4})+\n/);
      expect(text).toContain("equal to the host reference: yes\n");
    });
  });

  test.skipIf(!["cmake", MACHINES.rv32imc.compiler, MACHINES.rv32imc.simulator[0]].every(isInstalled))(
    "the example sees one wrong byte (needs cmake, riscv64-unknown-elf-gcc, qemu-system-riscv32)",
    async () => {
      const model = compileDigits({ name: "digits", target: MACHINES.rv32imc.target });
      const folder = await write(join(root, `${format}-wrong`), model, format, "esp32-c3-devkitm");
      const example = join(folder, "examples/digits_example", format === "zephyr" ? "src" : "main", "digits_sample.h");
      const text = readFileSync(example, "utf8");
      const at = text.indexOf("{", text.indexOf("sample_output_0["));
      writeFileSync(example, text.slice(0, at) + text.slice(at).replace(/\d+/, (byte) => String(Number(byte) ^ 1)));
      expect(await printed(folder, "digits", MACHINES.rv32imc)).toContain("equal to the host reference: no\n");
    },
  );

  test("every source file is named, and the header for applications lies apart", async () => {
    const folder = await write(join(root, `${format}-files`), compileDigits({ name: "digits" }), format, "host");
    const cmake = readFileSync(join(folder, format === "zephyr" ? "zephyr/CMakeLists.txt" : "CMakeLists.txt"), "utf8");
    const sources = readdirSync(join(folder, "src")).filter((file) => file.endsWith(".c"));
    expect([...cmake.matchAll(/src\/(\w+\.c)$/gm)].map(([, file]) => file).sort()).toEqual(sources.sort());
    expect(readdirSync(join(folder, "include"))).toEqual(["digits.h"]);
    expect(existsSync(join(folder, "src/digits.h"))).toBe(false);
  });
});

test.skipIf(!["cmake", "xtensa-lx106-elf-gcc"].every(isInstalled)).each(["int8", "float32"] as const)(
  "esp-idf: the component and its example compile for Xtensa, %s (needs cmake, gcc-xtensa-lx106)",
  async (precision) => {
    const target = targetOf(loadBoard("esp32-devkitc"));
    const model = compileDigits({ name: "digits", precision, target });
    const component = `xtensa-${precision}`;
    const folder = await write(join(root, component), model, "esp-idf", "esp32-devkitc");
    const flags = ["-mlongcalls", "-isystem", "/usr/lib/xtensa-lx106-elf/include"];
    const { build, make } = await configure(folder, "digits", "xtensa-lx106-elf-gcc", flags, [
      `START=${path("frameworks/esp-idf/app_main.c")}`,
    ]);
    for (const library of ["main", component]) await make(library);
    const objects = await run("xtensa-lx106-elf-nm", [join(build, `components/${component}/lib${component}.a`)]);
    expect(objects.stdout).toMatch(/ T digits_run$/m);
    expect((await run("xtensa-lx106-elf-nm", [join(build, "main/libmain.a")])).stdout).toMatch(/ T app_main$/m);
  },
);

test("idf_component.yml and module.yml are what the frameworks ask for", () => {
  const model = compileDigits({ name: "digits" });
  const filesOf = (format: Format) =>
    packageFiles(
      { ...model, manifest: manifestOf(model, "esp32-devkitc", { file: "m.onnx", sha256: "" }) },
      packageFormat(format)!,
    );
  const idf = filesOf("esp-idf").get("idf_component.yml")!;
  expect(idf).toMatch(
    /^version: "\d+\.\d+\.\d+"\ndescription: "[^"\n]+"\nurl: https:\S+\ndependencies:\n {2}idf: ">=5\.0"\nfiles:\n {2}exclude:\n {4}- "reference\/\*\*\/\*"\n$/,
  );
  const files = filesOf("zephyr");
  expect(files.get("zephyr/module.yml")).toBe("name: digits\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n");
  expect(files.get("zephyr/Kconfig")).toMatch(/^config ONNX2MCU_DIGITS\n\tbool "/);
  expect(files.get("examples/digits_example/prj.conf")).toContain("CONFIG_ONNX2MCU_DIGITS=y\n");
});
