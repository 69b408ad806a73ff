/**
 * The package as npm delivers it: packed, unpacked elsewhere, used from another working directory. A copy of the
 * repository is packed, because packing builds dist/, which other tests use meanwhile.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadBoard, targetOf } from "../src/device/boards.js";
import { compile, inputRows, loadData } from "../src/index.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");

/** What a checkout does not have, and what is not packed but large. */
const LEFT_OUT = new Set(["node_modules", "dist", "build", "coverage", ".git", ".venv", ".cache", "firmware", "test"]);

let folder: string;
/** A project that has the package installed. */
let consumer: string;
let installed: string;
let files: string[];

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onnx2mcu-package-"));
  const source = join(folder, "source");
  consumer = join(folder, "consumer");
  installed = join(consumer, "node_modules", "onnx2mcu");
  const isPacked = (path: string) => !LEFT_OUT.has(relative(root, path));
  await cp(root, source, { recursive: true, filter: isPacked });
  await symlink(modules, join(source, "node_modules"), "junction");
  const shell = process.platform === "win32";
  await run("npm", ["pack", "--pack-destination", folder], { cwd: source, shell });
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  expect(tarballs).toHaveLength(1);
  await run("tar", ["-xzf", tarballs[0]], { cwd: folder });
  await mkdir(join(consumer, "node_modules"), { recursive: true });
  await cp(join(folder, "package"), installed, { recursive: true });
  await symlink(modules, join(installed, "node_modules"), "junction");
  files = await filesBelow(join(folder, "package"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the tarball holds everything that is needed at run time", async () => {
  const below = async (part: string) => (await filesBelow(join(root, part))).map((path) => `${part}/${path}`);
  const data = (await Promise.all(["templates", "boards", "runtime-c"].map(below))).flat();
  const needed = [
    ...data.filter((path) => !path.includes("__pycache__")),
    "LICENSE",
    "README.md",
    "boards/sim/packages/tool-scons/.piopm",
    "dist/cli.js",
    "dist/index.d.ts",
    "dist/index.js",
    "examples/digits/digits.npz",
    "examples/digits/digits.onnx",
  ];
  expect(needed.filter((path) => !files.includes(path))).toEqual([]);
});

test("the tarball holds neither sources nor tests nor modules", () => {
  expect(files.filter((path) => /^(src|test|scripts|node_modules|firmware|\.)/.test(path))).toEqual([]);
});

test("its command line generates firmware from another working directory", async () => {
  const example = (name: string) => join(installed, "examples", "digits", name);
  const data = example("digits.npz");
  const { bin } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  const generate = ["generate", example("digits.onnx"), "--board", "qemu-cortex-m4", "--calibration", data];
  await run(process.execPath, [join(installed, bin.onnx2mcu), ...generate, "-o", "firmware"], { cwd: consumer });

  const { files: expected } = compile(example("digits.onnx"), {
    target: targetOf(loadBoard("qemu-cortex-m4")),
    calibration: (inputs) => inputRows(loadData(data), "calibration", inputs),
  });
  const library = join(consumer, "firmware", "lib", "digits", "src");
  expect(await filesBelow(library)).toEqual([...expected.keys()].sort());
  for (const [name, text] of expected) expect(await readFile(join(library, name), "utf8")).toBe(text);
  const platform = await filesBelow(join(consumer, "firmware", "platform"));
  expect(platform.filter((path) => path.endsWith("tool-scons/.piopm"))).toHaveLength(1);
});

test("its programmatic API has types and runs", async () => {
  const program = `
    import { type Compiled, compile, UserError } from "onnx2mcu";
    const compiled: Compiled = compile(process.argv[2], { precision: "float32" });
    const arena: number = compiled.plan.arenaBytes;
    try {
      compile(new Uint8Array(0));
    } catch (error) {
      console.log(error instanceof UserError ? error.code : "other", arena > 0);
    }
  `;
  const settings = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"];
  const types = ["--types", "node", "--typeRoots", join(modules, "@types")];
  await writeFile(join(consumer, "package.json"), '{ "type": "module" }');
  await writeFile(join(consumer, "use.ts"), program);
  const tsc = join(modules, "typescript", "bin", "tsc");
  await run(process.execPath, [tsc, ...settings, ...types, "use.ts"], { cwd: consumer });
  const model = join(installed, "examples", "digits", "digits.onnx");
  const { stdout } = await run(process.execPath, ["use.js", model], { cwd: consumer });
  expect(stdout.trim()).toBe("E_MODEL_EMPTY true");
});
