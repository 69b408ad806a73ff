/** The compilers that generated C is checked with, where they are installed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "../../src/device/process.js";

export const run = promisify(execFile);

export const STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

export const COMPILERS: readonly { readonly command: string; readonly target: readonly string[] }[] = [
  { command: "gcc", target: [] },
  { command: "clang", target: [] },
  { command: "arm-none-eabi-gcc", target: ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"] },
  { command: "riscv64-unknown-elf-gcc", target: ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"] },
  { command: "avr-gcc", target: ["-mmcu=atmega2560"] },
];

export const isInstalled = (command: string): boolean => findProgram(command) !== undefined;
