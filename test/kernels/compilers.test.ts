/** Every kernel compiles without a warning for every kind of target. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { forbiddenSymbols } from "../../src/device/elf_audit.js";
import { kernelFile } from "../../src/emit/library.js";
import { binaryFamily } from "../../src/kernels/families/binary.js";
import { recurrentFamily } from "../../src/kernels/families/recurrent.js";
import { unaryFamily } from "../../src/kernels/families/unary.js";
import { families } from "../../src/kernels/index.js";
import { RUNTIME_C, WARNINGS } from "./harness.js";

const run = promisify(execFile);

const COMPILERS: readonly (readonly [string, ...string[]])[] = [
  ["gcc"],
  ["clang"],
  ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"],
  ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32"],
  ["avr-gcc", "-mmcu=atmega2560"],
];

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-families-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function isInstalled(compiler: string): Promise<boolean> {
  return run(compiler, ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Written with the intrinsics of a core, which only its compiler has: tests of variants compile them. */
const isForCore = (name: string) => /_mve$/.test(name);

/** Files of all kernels in C alone, those of families written to the folder. */
async function kernelSources(): Promise<string[]> {
  const source = join(RUNTIME_C, "src");
  const names = (await readdir(source)).filter((file) => file.endsWith(".c")).map((file) => basename(file, ".c"));
  const files = names.filter((name) => !isForCore(name)).map((name) => join(source, `${name}.c`));
  expect(files.length).toBeGreaterThan(0);
  for (const name of families.flatMap(({ members }) => members).filter((name) => !isForCore(name))) {
    for (const extension of ["c", "h"] as const) {
      writeFileSync(join(folder, `${name}.${extension}`), kernelFile(name, extension));
    }
    files.push(join(folder, `${name}.c`));
  }
  return files;
}

test.for(COMPILERS)("%s compiles every kernel without a warning", { timeout: 180_000 }, async (command, context) => {
  const [compiler, ...target] = command;
  if (!(await isInstalled(compiler))) context.skip(`${compiler} is not installed`);
  const files = await kernelSources();
  // Syntax only: every warning of the list comes from the front end, and the other tests and builds optimise.
  const flags = [...target, ...WARNINGS, "-fsyntax-only", "-I", join(RUNTIME_C, "include"), "-I", folder];
  const { stderr } = await run(compiler, [...flags, ...files]);
  expect(stderr).toBe("");
});

test("avr-gcc: no pointer to flash is taken for one to RAM", { timeout: 180_000 }, async (context) => {
  if (!(await isInstalled("avr-gcc"))) context.skip("avr-gcc is not installed");
  const files = await kernelSources();
  const flags = ["-mmcu=atmega2560", "-std=gnu99", "-Werror=addr-space-convert", "-fsyntax-only"];
  const include = ["-I", join(RUNTIME_C, "include"), "-I", folder];
  await run("avr-gcc", [...flags, ...include, ...files]);
  const wrong = join(folder, "wrong.c");
  writeFileSync(wrong, '#include "nn_common.h"\nint f(const NN_FLASH int8_t *t) { const int8_t *p = t; return *p; }\n');
  await expect(run("avr-gcc", [...flags, ...include, wrong])).rejects.toThrow(/addr-space-convert/);
});
/** Names that several kernels use for something of their own. */
const STATIC = "apply dot step_inputs from_input from_hidden both activate copy clear advance".split(" ");

const DEVICES = COMPILERS.slice(2);

test.for(DEVICES)(
  "%s: float32 kernels need no libm, no double, no heap",
  { timeout: 120_000 },
  async (command, context) => {
    const [compiler, ...target] = command;
    if (!(await isInstalled(compiler))) context.skip(`${compiler} is not installed`);
    // One file for all, in which the names of static functions must differ.
    const names = [unaryFamily, binaryFamily, recurrentFamily].flatMap(({ members }) =>
      members.filter((name) => name.endsWith("_f32")),
    );
    const parts = names.map((name) => {
      writeFileSync(join(folder, `${name}.h`), kernelFile(name, "h"));
      const renamed = STATIC.map((local) => `#define ${local} ${local}_${name}\n`).join("");
      return `${renamed}${kernelFile(name, "c")}${STATIC.map((local) => `#undef ${local}\n`).join("")}`;
    });
    const [source, object] = ["all.c", `${compiler}.o`].map((file) => join(folder, file));
    writeFileSync(source, parts.join(""));
    const include = ["-I", join(RUNTIME_C, "include"), "-I", folder];
    await run(compiler, [...target, ...WARNINGS, "-Os", ...include, "-c", source, "-o", object]);
    const { stdout } = await run(compiler.replace(/gcc$/, "nm"), [object]);
    expect(forbiddenSymbols(stdout)).toEqual([]);
    const undefinedNames = [...stdout.matchAll(/ U (\S+)/g)].map(([, name]) => name);
    expect(undefinedNames.filter((name) => !/^(__|mem(cpy|set|move)$)/.test(name))).toEqual([]);
  },
);
