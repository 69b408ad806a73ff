/** The parts of `npm run setup` that decide; the installing itself is what every CI run does. */
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distIsCurrent, sourceHash } from "../../scripts/setup/dist.mjs";
import { existsLike, findProgram } from "../../scripts/setup/find.mjs";
import { lockHash, modulesAreCurrent } from "../../scripts/setup/node_modules.mjs";
import { nodeProblem } from "../../scripts/setup/node_version.mjs";
import { platformioIsCurrent, platformioKey } from "../../scripts/setup/platformio.mjs";
import { installHint, missingMessage } from "../../scripts/setup/report.mjs";
import { run } from "../../scripts/setup/run.mjs";
import { hashOf, readStamp, writeStamp } from "../../scripts/setup/stamp.mjs";
import { missingTools, TOOLS } from "../../scripts/setup/tools.mjs";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "set up-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content = ""): string {
  const full = join(root, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, content);
  return full;
}

test("Node: only versions below the wanted one are a problem", () => {
  const wanted = ">=20.19";
  for (const version of ["20.19.0", "20.19.5", "20.20.0", "22.0.0", "100.1.0"])
    expect(nodeProblem(version, wanted)).toBe("");
  for (const version of ["20.18.3", "18.99.0", "9.20.0"]) {
    expect(nodeProblem(version, wanted)).toContain(`needs Node 20.19 or newer, this is Node ${version}`);
  }
});

describe("finding", () => {
  test("programs: the first on PATH, with the endings of the system, no folders", () => {
    const first = write("bin a/tool");
    write("bin b/tool");
    write("bin b/other.cmd");
    mkdirSync(join(root, "bin a", "folder"));
    const path = ["", join(root, "absent"), join(root, "bin a"), join(root, "bin b")].join(delimiter);
    expect(findProgram("tool", { path, windows: false })).toBe(first);
    expect(findProgram("other", { path, windows: false })).toBeUndefined();
    expect(findProgram("other", { path, windows: true })).toBe(join(root, "bin b", "other.cmd"));
    expect(findProgram("folder", { path, windows: false })).toBeUndefined();
  });

  test.skipIf(process.platform === "win32")("files: * stands for part of one name", () => {
    write("lib/llvm-14/rt.asan-x86_64.a");
    expect(existsLike(`${root}/lib/llvm-*/rt.asan-*.a`)).toBe(true);
    expect(existsLike(`${root}/lib/*/rt.asan-x86_64.a`)).toBe(true);
    expect(existsLike(`${root}/lib/llvm-14/rt.asan-x86_64.a`)).toBe(true);
    expect(existsLike(`${root}/lib/llvm-*`)).toBe(false);
    expect(existsLike(`${root}/*/rt.asan-x86_64.a`)).toBe(false);
    expect(existsLike(`${root}/lib/llvm-*/rtxasan-*.a`)).toBe(false);
    expect(existsLike(`${root}/absent/*/x`)).toBe(false);
  });
});

describe("tools", () => {
  const all = { hasProgram: () => true, hasFile: () => true };

  test("each missing program is named, files only where Debian brings them", () => {
    expect(missingTools({ debian: true, ...all })).toEqual([]);
    const noQemu = { ...all, hasProgram: (name: string) => name !== "qemu-system-arm" };
    expect(missingTools({ debian: false, ...noQemu }).map(({ name }) => name)).toEqual(["qemu-system-arm"]);
    const noFiles = { ...all, hasFile: () => false };
    expect(missingTools({ debian: false, ...noFiles })).toEqual([]);
    expect(missingTools({ debian: true, ...noFiles }).map(({ debian }) => debian)).toEqual(
      TOOLS.filter(({ file }) => file).map(({ debian }) => debian),
    );
  });

  test("the message lists what, what for, and one command", () => {
    const tools = TOOLS.filter(({ debian }) => ["qemu-system-arm", "avr-libc"].includes(debian));
    const lines = missingMessage(tools, { system: "debian", root: false }, false).split("\n");
    expect(lines).toEqual([
      "setup: onnx2mcu is ready, but these are missing:",
      "  qemu-system-arm  for running firmware on the simulated Cortex-M boards",
      "  AVR C library    for tests that compile the generated C with every compiler",
      "Install them: sudo apt-get install -y qemu-system-arm avr-libc",
      "Then run: npm run setup",
    ]);
    expect(installHint(tools, { system: "debian", root: true })).not.toContain("sudo");
    expect(installHint(tools, { system: "macos", root: false })).toBe("Install them: brew install qemu");
    expect(installHint(tools, { system: "other", root: false })).toContain("package manager");
  });

  test("PlatformIO alone", () => {
    const message = missingMessage([], { system: "debian", root: true }, true);
    expect(message).toContain("PlatformIO  for building the firmware projects (pip failed, see above)");
    expect(message).not.toContain("Install them");
  });
});

describe("steps that are done", () => {
  test("hashes see contents, names and what is below folders", () => {
    write("tree/a.ts", "1");
    write("tree/sub/b.ts", "2");
    const hashes = [hashOf(root, ["tree"])];
    write("tree/sub/b.ts", "3");
    hashes.push(hashOf(root, ["tree"]));
    write("tree/sub/c.ts");
    hashes.push(hashOf(root, ["tree"]));
    rmSync(join(root, "tree/sub/c.ts"));
    expect(hashOf(root, ["tree"])).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(3);
  });

  test("the stamp comes back; a damaged one counts as none", () => {
    expect(readStamp(root)).toEqual({});
    writeStamp(root, { modules: "x" });
    expect(readStamp(root)).toEqual({ modules: "x" });
    write(".cache/setup.json", "{");
    expect(readStamp(root)).toEqual({});
  });

  test("node modules: of this lock file, or installed after it", () => {
    const lock = write("package-lock.json", "{}");
    expect(modulesAreCurrent(root, lockHash(root))).toBe(false);
    const marker = write("node_modules/.package-lock.json");
    utimesSync(lock, 1000, 1000);
    utimesSync(marker, 2000, 2000);
    expect(modulesAreCurrent(root, undefined)).toBe(true);
    utimesSync(lock, 3000, 3000);
    expect(modulesAreCurrent(root, undefined)).toBe(false);
    expect(modulesAreCurrent(root, lockHash(root))).toBe(true);
  });

  test("dist: of these sources", () => {
    for (const file of ["src/index.ts", "tsconfig.json", "tsconfig.build.json", "package.json"]) write(file, file);
    const hash = sourceHash(root);
    expect(distIsCurrent(root, hash)).toBe(false);
    write("dist/cli.js");
    expect(distIsCurrent(root, hash)).toBe(true);
    write("src/index.ts", "changed");
    expect(distIsCurrent(root, hash)).toBe(false);
  });

  test.skipIf(process.platform === "win32")("PlatformIO: of these requirements, in this place", () => {
    write("scripts/platformio-requirements.txt", "platformio==1");
    const key = platformioKey(root);
    expect(platformioIsCurrent(root, key)).toBe(false);
    write(".venv/bin/python");
    write(".venv/bin/pio");
    expect(platformioIsCurrent(root, key)).toBe(true);
    expect(platformioIsCurrent(root, key.replace(root, "/elsewhere"))).toBe(false);
    write("scripts/platformio-requirements.txt", "platformio==2");
    expect(platformioIsCurrent(root, key)).toBe(false);
  });
});

describe("running programs", () => {
  const node = (script: string, seconds: number) => run(process.execPath, ["-e", script], { cwd: root, seconds });

  test("output and exit status", async () => {
    const { ok, output } = await node("console.log('to stdout'); console.error('to stderr')", 30);
    expect(ok).toBe(true);
    expect(output).toContain("to stdout\n");
    expect(output).toContain("to stderr\n");
    expect((await node("process.exit(3)", 30)).ok).toBe(false);
    const absent = await run("no-such-program", [], { seconds: 30 });
    expect(absent).toEqual({ ok: false, output: expect.stringContaining("ENOENT") });
  });

  test("the time limit ends children of children too", async () => {
    const beats = join(root, "beats");
    const child = `setInterval(() => require("node:fs").appendFileSync("beats", "x"), 50)`;
    const parent = `
      require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}]);
      setInterval(() => {}, 1000);`;
    const { ok, output } = await node(parent, 4);
    expect(ok).toBe(false);
    expect(output).toContain("took longer than 4 s");
    await setTimeout(100);
    const length = statSync(beats).size;
    expect(length).toBeGreaterThan(0);
    await setTimeout(500);
    expect(statSync(beats).size).toBe(length);
  });
});
