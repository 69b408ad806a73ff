/** Which tools are on this machine; tests that need an absent one skip. */
import { existsSync } from "node:fs";
import type { Board } from "../src/device/boards.js";
import { findProgram } from "../src/device/process.js";
import { packagePath } from "../src/io/package_path.js";

/** Whether a board's firmware can be built, run and counted here. */
export const hasToolsOf = ({ build, simulator }: Board): boolean =>
  hasPlatformio && [build?.compiler, simulator?.command, "cc"].every((name) => name !== undefined && findProgram(name));

export const hasPlatformio =
  existsSync(packagePath(".venv", "bin", "pio")) ||
  existsSync(packagePath(".venv", "Scripts", "pio.exe")) ||
  findProgram("pio") !== undefined;

export const hasSimulatorTools =
  hasPlatformio && ["arm-none-eabi-gcc", "qemu-system-arm", "cc"].every((name) => findProgram(name) !== undefined);
