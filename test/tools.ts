/** Which tools are on this machine; tests that need an absent one skip. */
import { existsSync } from "node:fs";
import type { Board } from "../src/device/boards.js";
import { findProgram } from "../src/device/process.js";
import { simulatorKind } from "../src/device/simulator.js";
import { packagePath } from "../src/io/package_path.js";

/** Whether a board's firmware can be built, run and counted here. */
export function hasToolsOf(board: Board): boolean {
  const { build, simulator } = board;
  if (!hasPlatformio || !build || !simulator) return false;
  return [build.compiler, ...simulatorKind(board).programs()].every((name) => findProgram(name) !== undefined);
}

export const hasPlatformio =
  existsSync(packagePath(".venv", "bin", "pio")) ||
  existsSync(packagePath(".venv", "Scripts", "pio.exe")) ||
  findProgram("pio") !== undefined;

export const hasSimulatorTools =
  hasPlatformio && ["arm-none-eabi-gcc", "qemu-system-arm", "cc"].every((name) => findProgram(name) !== undefined);
