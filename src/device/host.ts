/** The project's firmware as a program of this computer, built by the system's C compiler alone. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { packagePath } from "../io/package_path.js";
import type { Project } from "../project/open.js";
import { childTransport } from "./child_transport.js";
import type { Transport } from "./link/transport.js";
import { cacheFolder } from "./pio.js";
import { findProgram, run } from "./process.js";

const FLAGS = ["-std=c99", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const COMPILE_SECONDS = 300;

function findCompiler(): string {
  const wanted = process.env.CC;
  const found = wanted ? (existsSync(wanted) ? wanted : findProgram(wanted)) : undefined;
  const compiler = found ?? ["cc", "gcc", "clang"].map(findProgram).find((path) => path !== undefined);
  if (compiler) return compiler;
  throw new UserError(
    "E_TOOL_MISSING",
    "no C compiler (cc, gcc or clang) is on PATH; install one, e.g. apt-get install gcc",
  );
}

const sourcesIn = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".c"))
    .sort()
    .map((file) => join(folder, file));

/**
 * Compiles the project for this computer, once per content: the program lies in the cache under the hash of its
 * sources. Throws E_TOOL_MISSING, E_TOOL_FAILED with the compiler's first error.
 */
export async function buildHost(project: Project, extraFlags: readonly string[] = []): Promise<string> {
  const { folder, manifest } = project;
  const support = packagePath("boards", "sim", "support");
  const libraries = project.models.map((name) => join(folder, "lib", name, "src"));
  const link = join(folder, "lib", "onnx2mcu_link", "src");
  const sources = [
    join(folder, "src", "main.c"),
    ...libraries.flatMap(sourcesIn),
    ...sourcesIn(link),
    join(support, "host.c"),
  ];
  const compiler = findCompiler();
  const flags = [...FLAGS, ...extraFlags];
  const hash = createHash("sha256").update(JSON.stringify([compiler, flags]));
  const headers = [...libraries, link].flatMap((path) =>
    readdirSync(path)
      .filter((file) => file.endsWith(".h"))
      .map((file) => join(path, file)),
  );
  for (const source of [...sources, ...headers]) hash.update(readFileSync(source));
  const programs = join(cacheFolder(), "host");
  const program = join(programs, `${manifest.name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(programs, { recursive: true });
  const aside = `${program}.${process.pid}.tmp`;
  const includes = [...libraries, link, support].flatMap((path) => ["-I", path]);
  const result = await run(compiler, [...flags, ...includes, ...sources, "-o", aside, "-lm"], {
    seconds: COMPILE_SECONDS,
  });
  if (!result.ok) {
    const reason = result.output.split("\n").find((line) => /\berror\b/.test(line)) ?? result.output.slice(0, 300);
    throw new UserError("E_TOOL_FAILED", `${compiler} could not compile the firmware for the host: ${reason.trim()}`);
  }
  renameSync(aside, program);
  return program;
}

export async function openHost(project: Project): Promise<Transport> {
  return childTransport(await buildHost(project), []);
}
