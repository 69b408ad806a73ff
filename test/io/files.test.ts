import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystemHost, RealFileSystemHost } from "@ts-morph/common";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeFileAtomic, writeTree } from "../../src/io/files.js";

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-files-"));
  folder = join(root, "out");
});
afterEach(() => rmSync(root, { recursive: true }));

const tree = (files: Record<string, string | Uint8Array>) => new Map(Object.entries(files));
const text = (path: string) => readFileSync(join(folder, path), "utf8");

/** Every file below the temporary folder with its content: what "nothing was changed" means. */
function snapshot(): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    paths.map((entry) => {
      const path = join(entry.path, entry.name);
      return [path, entry.isFile() ? readFileSync(path, "latin1") : "folder"];
    }),
  );
}

/** The real file system, whose n-th call of `method` fails; counts the calls of all methods that change something. */
function failing(
  method: "writeFileSync" | "moveSync" | "mkdirSync",
  n: number,
): { host: FileSystemHost; calls: () => number } {
  const real = new RealFileSystemHost();
  let calls = 0;
  const host = new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === method && ++calls === n) throw new Error("ENOSPC: no space left on device");
        return value.apply(target, args);
      };
    },
  });
  return { host, calls: () => calls };
}

describe("writeTree", () => {
  test("writes text and bytes into a new folder, deep ones too, and records them", async () => {
    const bytes = Uint8Array.of(0, 255, 128, 10);
    const changes = await writeTree(folder, tree({ "a.txt": "ä", "lib/m/m.bin": bytes }));
    expect(changes).toEqual({ written: ["a.txt", "lib/m/m.bin"], unchanged: [], removed: [], kept: [] });
    expect(text("a.txt")).toBe("ä");
    expect([...readFileSync(join(folder, "lib/m/m.bin"))]).toEqual([...bytes]);
    expect(Object.keys(JSON.parse(text(".onnx2mcu/files.json")).files)).toEqual(["a.txt", "lib/m/m.bin"]);
    expect(readdirSync(join(folder, ".onnx2mcu"))).toEqual(["files.json"]);
  });

  test("replaces what it wrote, leaves equal files alone, removes what is gone, keeps what is not its own", async () => {
    await writeTree(folder, tree({ same: "1", changed: "1", "old/gone": "1" }));
    writeFileSync(join(folder, "mine"), "user");
    const changes = await writeTree(folder, tree({ same: "1", changed: "2", new: "1" }));
    expect(changes).toEqual({ written: ["changed", "new"], unchanged: ["same"], removed: ["old/gone"], kept: [] });
    expect([text("changed"), text("mine")]).toEqual(["2", "user"]);
    expect(existsSync(join(folder, "old"))).toBe(false);
  });

  test("keeps an edited file that is no longer part of the tree", async () => {
    await writeTree(folder, tree({ a: "1", b: "1" }));
    writeFileSync(join(folder, "b"), "edited");
    expect((await writeTree(folder, tree({ a: "1" }))).kept).toEqual(["b"]);
    expect(text("b")).toBe("edited");
  });

  test("does not overwrite an edited file or one that it did not write", async () => {
    await writeTree(folder, tree({ a: "1" }));
    writeFileSync(join(folder, "a"), "edited");
    writeFileSync(join(folder, "b"), "user");
    const before = snapshot();
    await expect(writeTree(folder, tree({ a: "2" }))).rejects.toMatchObject({ code: "E_OUTPUT_NOT_EMPTY" });
    await expect(writeTree(folder, tree({ a: "edited", b: "2" }))).rejects.toThrow(/out.b is not ours/);
    expect(snapshot()).toEqual(before);
  });

  test("writes into an empty folder, and not into one with files but no record", async () => {
    mkdirSync(folder);
    await writeTree(folder, tree({ a: "1" }));
    const other = join(root, "other");
    mkdirSync(other);
    writeFileSync(join(other, "thesis.tex"), "");
    const before = snapshot();
    await expect(writeTree(other, tree({ a: "1" }))).rejects.toMatchObject({ code: "E_OUTPUT_NOT_EMPTY" });
    mkdirSync(join(other, ".onnx2mcu"));
    for (const record of [
      "{",
      '{"schemaVersion":1,"files":{"../../etc/passwd":"0"}}',
      '{"schemaVersion":9,"files":{}}',
    ]) {
      writeFileSync(join(other, ".onnx2mcu/files.json"), record);
      await expect(writeTree(other, tree({ a: "1" }))).rejects.toMatchObject({ code: "E_OUTPUT_NOT_EMPTY" });
    }
    rmSync(join(other, ".onnx2mcu"), { recursive: true });
    expect(snapshot()).toEqual(before);
  });

  test("does not follow a link out of the folder", async () => {
    await writeTree(folder, tree({ "src/a": "1" }));
    mkdirSync(join(root, "elsewhere"));
    rmSync(join(folder, "src"), { recursive: true });
    symlinkSync(join(root, "elsewhere"), join(folder, "src"));
    await expect(writeTree(folder, tree({ "src/a": "2" }))).rejects.toThrow(/symbolic link/);
    expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
  });

  test("refuses a folder that is a file, and one below a file", async () => {
    writeFileSync(folder, "");
    const before = snapshot();
    for (const path of [folder, join(folder, "deep", "er")]) {
      await expect(writeTree(path, tree({ a: "1" }))).rejects.toMatchObject({ code: "E_OUTPUT_UNWRITABLE" });
    }
    expect(snapshot()).toEqual(before);
  });

  test("refuses paths that leave the folder: a defect of the caller", async () => {
    for (const path of ["../a", "/a", "a//b", "a\\b", "./a", "", ".onnx2mcu/files.json"]) {
      await expect(writeTree(folder, tree({ [path]: "1" }))).rejects.toMatchObject({ code: "E_INTERNAL" });
    }
  });

  describe.each(["writeFileSync", "moveSync", "mkdirSync"] as const)("whichever call of %s fails", (method) => {
    const first = tree({ a: "1", b: "1", "old/gone": "1" });
    const second = tree({ a: "2", "new/deep/c": "1", b: "1" });

    test.each([
      ["a new folder", false],
      ["an existing tree", true],
    ])("%s is left as it was", async (_, existing) => {
      if (existing) await writeTree(folder, first);
      const before = snapshot();
      let n = 1;
      for (; ; n++) {
        const { host, calls } = failing(method, n);
        try {
          await writeTree(folder, second, { fileSystem: host });
          expect(calls()).toBeLessThan(n);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: "E_OUTPUT_UNWRITABLE" });
          expect(snapshot()).toEqual(before);
        }
      }
      expect(n).toBeGreaterThan(3);
      expect(text("a")).toBe("2");
    });
  });
});

describe("writeFileAtomic", () => {
  test("writes and replaces", async () => {
    const path = join(root, "m.onnx");
    await writeFileAtomic(path, "1");
    await writeFileAtomic(path, Uint8Array.of(50));
    expect(readFileSync(path, "utf8")).toBe("2");
    expect(readdirSync(root)).toEqual(["m.onnx"]);
  });

  test("leaves the old file when it fails", async () => {
    const path = join(root, "m.onnx");
    await writeFileAtomic(path, "1");
    for (const method of ["writeFileSync", "moveSync"] as const) {
      const attempt = writeFileAtomic(path, "2", { fileSystem: failing(method, 1).host });
      await expect(attempt).rejects.toMatchObject({ code: "E_OUTPUT_UNWRITABLE" });
    }
    expect(readFileSync(path, "utf8")).toBe("1");
    expect(readdirSync(root)).toEqual(["m.onnx"]);
    await expect(writeFileAtomic(join(path, "below"), "1")).rejects.toMatchObject({ code: "E_OUTPUT_UNWRITABLE" });
  });
});
