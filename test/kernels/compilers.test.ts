/** Every kernel compiles without a warning for every kind of target. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { RUNTIME_C, WARNINGS } from "./harness.js";

const run = promisify(execFile);

const COMPILERS: readonly (readonly [string, ...string[]])[] = [
  ["gcc"],
  ["clang"],
  ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"],
  ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32"],
  ["avr-gcc", "-mmcu=atmega2560"],
];

async function isInstalled(compiler: string): Promise<boolean> {
  return run(compiler, ["--version"]).then(
    () => true,
    () => false,
  );
}

test.for(COMPILERS)("%s compiles every kernel without a warning", { timeout: 60_000 }, async (command, context) => {
  const [compiler, ...target] = command;
  if (!(await isInstalled(compiler))) context.skip(`${compiler} is not installed`);
  const source = join(RUNTIME_C, "src");
  const files = (await readdir(source)).filter((file) => file.endsWith(".c")).map((file) => join(source, file));
  expect(files.length).toBeGreaterThan(0);
  // Syntax only: every warning of the list comes from the front end, and the other tests and builds optimise.
  const flags = [...target, ...WARNINGS, "-fsyntax-only", "-I", join(RUNTIME_C, "include")];
  const { stderr } = await run(compiler, [...flags, ...files]);
  expect(stderr).toBe("");
});
