/** A thin typed wrapper of the `pio` command: PlatformIO builds the generated projects. */
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../errors.js";
import { packagePath } from "../io/package_path.js";
import type { Board } from "./boards.js";
import { isInterruption } from "./interrupt.js";
import { findProgram, type RunResult, requireProgram, run } from "./process.js";

export interface BuildResult {
  readonly elf: string;
  readonly map: string;
  readonly seconds: number;
}

/** Official platforms may fetch their toolchains at the first build. */
const BUILD_SECONDS = 600;

/** Where things are kept between runs: PlatformIO's packages, compiled helpers. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return process.env.ONNX2MCU_CACHE ?? join(base, "onnx2mcu");
}

/** The pio command: ONNX2MCU_PIO, the package's own virtual environment, PATH. Throws E_TOOL_MISSING. */
export function findPio(): string {
  const wanted = process.env.ONNX2MCU_PIO;
  if (wanted) {
    if (existsSync(wanted)) return wanted;
    throw new UserError("E_TOOL_MISSING", `ONNX2MCU_PIO is ${wanted}, which does not exist; correct or unset it`);
  }
  const own = [packagePath(".venv", "bin", "pio"), packagePath(".venv", "Scripts", "pio.exe")].find(existsSync);
  const found = own ?? findProgram("pio");
  if (found) return found;
  throw new UserError(
    "E_TOOL_MISSING",
    "PlatformIO (pio) is missing; run `npm run setup`, or pip install platformio==6.2.0 scons==4.11.1",
  );
}

function environment(): Record<string, string> {
  return {
    PLATFORMIO_CORE_DIR: join(cacheFolder(), "platformio"),
    PLATFORMIO_SETTING_ENABLE_TELEMETRY: "No",
    PLATFORMIO_DISABLE_UPGRADE_CHECK: "true",
    PLATFORMIO_NO_ANSI: "true",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** The line of a build log that says what went wrong. */
function reasonOf(log: string): string {
  const lines = log.split("\n").map((line) => line.trim());
  const telling = lines.find(
    (line) =>
      /\berror\b|undefined reference|cannot find|will not fit|overflowed|RAM is full/i.test(line) &&
      !line.startsWith("collect2:"),
  );
  return (telling ?? lines.findLast((line) => line !== "") ?? "no output").slice(0, 300);
}

/** What a build that was ended halfway may have half-written. */
const discardBuild = (folder: string, board: Board) =>
  rmSync(dirname(artefacts(folder, board).elf), { recursive: true, force: true });

/**
 * `pio run` in a generated project. Throws E_TOOL_MISSING, E_TOOL_FAILED with the compiler's first error, E_INTERRUPTED,
 * E_TERMINATED.
 */
export async function buildProject(
  folder: string,
  board: Board,
  onLine?: (line: string) => void,
): Promise<BuildResult> {
  if (!existsSync(join(folder, "platformio.ini"))) {
    throw new UserError(
      "E_USAGE",
      `${folder} is a package for other build tools and no firmware; for firmware, use \`onnx2mcu generate --format platformio\``,
    );
  }
  findPio();
  if (board.build) requireProgram(board.build.compiler, `a build for ${board.name}`, board.build.debianPackages);
  const started = performance.now();
  const result = await pioRun(folder, [], BUILD_SECONDS, onLine).catch((error) => {
    if (!isInterruption(error)) throw error;
    discardBuild(folder, board);
    throw new UserError(
      error.code,
      `the build was stopped, and what it had made is removed; run onnx2mcu build ${folder} again`,
    );
  });
  if (result.timedOut) {
    discardBuild(folder, board);
    throw new UserError("E_TOOL_FAILED", `the build took more than ${BUILD_SECONDS} s and was stopped`);
  }
  if (!result.ok) throw new UserError("E_TOOL_FAILED", `the build failed: ${reasonOf(result.output)}`);
  return { ...artefacts(folder, board), seconds: (performance.now() - started) / 1000 };
}

/** `pio run` with further arguments in a generated project. Throws E_TOOL_MISSING. */
export function pioRun(
  folder: string,
  args: readonly string[],
  seconds: number,
  onLine?: (line: string) => void,
  signal?: AbortSignal,
): Promise<RunResult> {
  return run(findPio(), ["run", ...args], { cwd: folder, env: environment(), seconds, onLine, signal });
}

/** Where a build leaves its files. */
export function artefacts(folder: string, board: Board): { elf: string; map: string } {
  const build = join(folder, ".pio", "build", board.name);
  return { elf: join(build, "firmware.elf"), map: join(build, "firmware.map") };
}
