import { execFileSync } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadData } from "../../src/data/load.js";
import { npyOnDisk, openArray, unpackArrays } from "../../src/data/on_disk.js";
import { inputRows } from "../../src/data/rows.js";
import { packagePath } from "../../src/io/package_path.js";
import { buildDist } from "../cli/run.js";
import { npyBytes } from "./npy_bytes.js";

const folder = mkdtempSync(join(tmpdir(), "on-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const header = (shape: readonly number[], fortran = false) => npyBytes("<f4", shape, new Uint8Array(), { fortran });

/** A file of zeros with a few values set; it takes no room on disk. */
function sparse(name: string, shape: readonly number[], values: Readonly<Record<number, number>> = {}): string {
  const bytes = header(shape);
  const file = openSync(at(name), "w");
  writeSync(file, bytes);
  ftruncateSync(file, bytes.length + 4 * shape.reduce((a, b) => a * b));
  for (const [index, value] of Object.entries(values)) {
    writeSync(file, Buffer.from(Float32Array.of(value).buffer), 0, 4, bytes.length + 4 * Number(index));
  }
  closeSync(file);
  return at(name);
}

const WIDTH = 27_648;

describe("a large .npy", () => {
  test("is read row by row, with the values that it has", () => {
    const path = sparse("large.npy", [800, WIDTH], { 3: 1.5, [799 * WIDTH + 7]: -2 });
    const rows = inputRows(loadData(path), "calibration", [{ name: "x", shape: [1, WIDTH] }]);
    expect(rows.rows).toBe(800);
    expect([...rows.row(0)[0].subarray(0, 5)]).toEqual([0, 0, 0, 1.5, 0]);
    expect(rows.row(799)[0][7]).toBe(-2);
    expect(rows.row(0)[0]).toHaveLength(WIDTH);
  });

  test("a row that is not finite is named when it is read", () => {
    const path = sparse("nan.npy", [700, WIDTH], { [41 * WIDTH]: Number.NaN });
    const rows = inputRows(loadData(path), "calibration", [{ name: "x", shape: [1, WIDTH] }]);
    expect(rows.row(40)[0][0]).toBe(0);
    expect(() => rows.row(41)).toThrow(/row 41 holds NaN/);
  });

  test("truncated, or in column-major order, is refused", () => {
    const path = sparse("short.npy", [700, WIDTH]);
    writeFileSync(at("cut.npy"), readFileSync(path).subarray(0, -4));
    expect(() => loadData(at("cut.npy"))).toThrow(/truncated or damaged/);
    const bytes = header([2, 2], true);
    writeFileSync(at("column.npy"), Buffer.concat([bytes, Buffer.alloc(16)]));
    expect(() => npyOnDisk(openArray(at("column.npy")), "column.npy")).toThrow(/column-major.*ascontiguousarray/);
  });
});

describe("a large .npz", () => {
  const array = Buffer.concat([header([3, 2]), Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]);

  test.each([0, 6] as const)("compressed with level %i: every array, row by row", (level) => {
    writeFileSync(at("a.npz"), zipSync({ "calibration.npy": array, "inputs.npy": array }, { level }));
    const files = unpackArrays(at("a.npz"));
    expect([...files.keys()]).toEqual(["calibration", "inputs"]);
    const read = npyOnDisk(files.get("inputs")!, "a.npz");
    expect([...read.row(1)]).toEqual([3, 4]);
    expect([...read.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("no archive, or a damaged one, is refused", () => {
    writeFileSync(at("none.npz"), "no archive");
    expect(() => unpackArrays(at("none.npz"))).toThrow(expect.objectContaining({ code: "E_DATA_FORMAT" }));
    const whole = zipSync({ "x.npy": Buffer.concat([header([4096]), Buffer.alloc(16384, 7)]) });
    writeFileSync(at("cut.npz"), whole.subarray(0, 60));
    expect(() => npyOnDisk(unpackArrays(at("cut.npz")).get("x")!, "cut.npz")).toThrow(
      expect.objectContaining({ code: "E_DATA_FORMAT" }),
    );
  });
});

describe("memory", () => {
  beforeAll(buildDist, 120_000);

  /** MB that a process takes at most that calibrates from a file. */
  function mostMemory(path: string): number {
    const script = `
      const { loadData } = await import(${JSON.stringify(packagePath("dist", "data", "load.js"))});
      const { inputRows } = await import(${JSON.stringify(packagePath("dist", "data", "rows.js"))});
      const rows = inputRows(loadData(${JSON.stringify(path)}), "calibration", [{ name: "x", shape: [1, ${WIDTH}] }]);
      let sum = 0;
      for (let i = 0; i < rows.rows; i++) sum += rows.row(i)[0][0];
      console.log(process.resourceUsage().maxRSS / 1024);`;
    return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
  }

  test("10,000 rows take no more than 1,000", { timeout: 120_000 }, () => {
    const few = mostMemory(sparse("few.npy", [1_000, WIDTH]));
    const many = mostMemory(sparse("many.npy", [10_000, WIDTH]));
    console.log(`1,000 rows: ${few.toFixed(0)} MB, 10,000 rows (1.1 GB): ${many.toFixed(0)} MB`);
    expect(many).toBeLessThan(few + 60);
  });
});

test("temporary files go with the process", () => {
  const script = `
    const { unpackArrays } = await import(${JSON.stringify(packagePath("dist", "data", "on_disk.js"))});
    unpackArrays(${JSON.stringify(at("a.npz"))});`;
  const env = { ...process.env, TMPDIR: mkdtempSync(join(folder, "tmp-")) };
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { env });
  expect(readdirSync(env.TMPDIR)).toEqual([]);
});
