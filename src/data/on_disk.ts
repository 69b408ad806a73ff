/** Arrays that stay on disk: .npy files, and the arrays of large .npz archives, unpacked once into temporary files. */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Unzip, UnzipInflate } from "fflate";
import { UserError } from "../errors.js";
import { elementCount } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { DataArray } from "./data_file.js";
import { MAX_HEADER_BYTES, npyLayout } from "./npy.js";

/** Bytes read at a time. */
const CHUNK = 2 ** 20;

function readAt(file: number, at: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  return bytes.subarray(0, readSync(file, bytes, 0, count, at));
}

/**
 * The array of an open .npy file. Its rows are read when they are asked for.
 * @param where file (and array) for messages
 * @throws UserError E_DATA_FORMAT, as readNpy, and for a large array in column-major order
 */
export function npyOnDisk(file: number, where: string): DataArray {
  const length = fstatSync(file).size;
  const { shape, first, size, isColumnMajor, read } = npyLayout(readAt(file, 0, MAX_HEADER_BYTES), length, where);
  if (isColumnMajor) {
    throw new UserError(
      "E_DATA_FORMAT",
      `${where}: a large array in column-major order; save it again as numpy.ascontiguousarray(array)`,
    );
  }
  const elements = elementCount(shape.slice(1));
  const rows = (from: number, count: number) => {
    const bytes = readAt(file, first + from * elements * size, count * elements * size);
    return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, count * elements);
  };
  return {
    ...{ shape, onDisk: true },
    get data() {
      return rows(0, shape[0]);
    },
    row: (i) => rows(i, 1),
  };
}

/** An open file stays open until the program ends. */
export const openArray = (path: string): number => openSync(path, "r");

/**
 * Unpacks the .npy arrays of an archive into temporary files, which are deleted when the program ends.
 * @returns open files by name of the array
 * @throws UserError E_DATA_FORMAT
 */
export function unpackArrays(path: string): Map<string, number> {
  const fail = (reason: string): never => {
    throw new UserError("E_DATA_FORMAT", `${path}: ${reason}; save it again with numpy.savez`);
  };
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-data-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const files = new Map<string, number>();
  const unzip = new Unzip((entry) => {
    const name = entry.name.replace(/\.npy$/, "");
    if (files.has(name)) fail(`two arrays are named ${quoted(name)}`);
    const target = openSync(join(folder, String(files.size)), "w+");
    files.set(name, target);
    entry.ondata = (error, data) => {
      if (error) fail(`truncated or damaged archive (${error.message})`);
      writeSync(target, data);
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  const source = openSync(path, "r");
  try {
    for (let at = 0, last = false; !last; at += CHUNK) {
      const bytes = readAt(source, at, CHUNK);
      last = bytes.length < CHUNK;
      unzip.push(bytes, last);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    fail(`truncated or damaged archive (${(error as Error).message})`);
  } finally {
    closeSync(source);
  }
  if (files.size === 0) fail("no arrays");
  return files;
}
