import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { UserError } from "../errors.js";
import { readCsv } from "./csv.js";
import type { DataFile } from "./data_file.js";
import { MAX_DATA_BYTES } from "./data_file.js";
import { readNpy } from "./npy.js";
import { openNpz } from "./npz.js";

/**
 * Opens a .npz, .npy or .csv file. Values of every numeric dtype come as float32.
 * @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT, E_DATA_EMPTY.
 */
export function loadData(path: string): DataFile {
  const format = extname(path).slice(1).toLowerCase();
  if (format !== "npz" && format !== "npy" && format !== "csv") {
    throw new UserError("E_DATA_FORMAT", `${path}: the name of a data file ends in .npz, .npy or .csv`);
  }
  const bytes = readBytes(path);
  if (format === "npz") return { path, format, ...openNpz(bytes, path) };
  const array = format === "npy" ? readNpy(bytes, path) : readCsv(new TextDecoder().decode(bytes), path);
  return { path, format, names: [], array: () => array };
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
