import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import { readCsv } from "./csv.js";
import type { DataFile } from "./data_file.js";
import { LARGE_BYTES, MAX_DATA_BYTES } from "./data_file.js";
import { readNpy } from "./npy.js";
import { openNpz } from "./npz.js";
import { npyOnDisk, openArray, unpackArrays } from "./on_disk.js";

/**
 * Opens a .npz, .npy or .csv file. Values of every numeric dtype come as float32. Arrays of large files stay on disk, so that
 * memory does not grow with the number of rows.
 * @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT, E_DATA_EMPTY.
 */
export function loadData(path: string): DataFile {
  const format = extname(path).slice(1).toLowerCase();
  if (format !== "npz" && format !== "npy" && format !== "csv") {
    throw new UserError("E_DATA_FORMAT", `${path}: the name of a data file ends in .npz, .npy or .csv`);
  }
  if (format !== "csv" && sizeOf(path) > LARGE_BYTES) return onDisk(path, format);
  const bytes = readBytes(path);
  if (format === "npz") return { path, format, ...openNpz(bytes, path) };
  const array = format === "npy" ? readNpy(bytes, path) : readCsv(new TextDecoder().decode(bytes), path);
  return { path, format, names: [], array: () => array };
}

/** Bytes of a file; 0 where there is none: reading it says so. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function onDisk(path: string, format: "npz" | "npy"): DataFile {
  if (format === "npy") {
    const array = npyOnDisk(openArray(path), path);
    return { path, format, names: [], array: () => array };
  }
  const files = unpackArrays(path);
  return {
    ...{ path, format, names: [...files.keys()] },
    array(name) {
      const file = files.get(name);
      return file === undefined ? undefined : npyOnDisk(file, `${path}, array ${quoted(name)}`);
    },
  };
}

function readBytes(path: string): Uint8Array {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new UserError("E_DATA_NOT_FOUND", `${path}: not a file`);
    if (stats.size > MAX_DATA_BYTES) {
      const limit = MAX_DATA_BYTES / 2 ** 20;
      throw new UserError("E_DATA_FORMAT", `${path}: more than ${limit} MiB; keep fewer rows or use .npz`);
    }
    const file = readFileSync(path);
    return new Uint8Array(file.buffer, file.byteOffset, file.length);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError("E_DATA_NOT_FOUND", code === "ENOENT" ? `${path}: no such file` : `${path}: ${message}`);
  }
}
