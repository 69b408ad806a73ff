/** The example that needs nothing beside the repository: a small classifier with calibration data and labelled rows. */
import { readFileSync } from "node:fs";
import { type Compiled, type CompileOptions, compile, modelHash } from "../src/compile.js";
import { loadData } from "../src/data/load.js";
import { inputRows } from "../src/data/rows.js";
import { loadBoard } from "../src/device/boards.js";
import { writeTree } from "../src/io/files.js";
import { packagePath } from "../src/io/package_path.js";
import { openProject, type Project } from "../src/project/open.js";
import { type FirmwareOptions, platformioProject } from "../src/project/platformio.js";

export const DIGITS_MODEL = packagePath("examples", "digits", "digits.onnx");
export const DIGITS_DATA = packagePath("examples", "digits", "digits.npz");

export function compileDigits(options: CompileOptions = {}): Compiled {
  return compile(DIGITS_MODEL, {
    calibration: (inputs) => inputRows(loadData(DIGITS_DATA), "calibration", inputs),
    ...options,
  });
}

/** Writes the project of a compiled model, and opens it. */
export async function writeProject(
  folder: string,
  compiled: Compiled,
  board = "qemu-cortex-m4",
  options: FirmwareOptions = {},
): Promise<Project> {
  const source = { file: "digits.onnx", sha256: modelHash(readFileSync(DIGITS_MODEL)) };
  await writeTree(folder, platformioProject(compiled, loadBoard(board), source, options));
  return openProject(folder);
}
