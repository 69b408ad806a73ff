/** What every data file gives: named arrays of numbers. */
import { elementCount } from "../graph/ir.js";

export interface DataArray {
  readonly shape: readonly number[];
  /** Row-major; the values of the file, rounded to float32. Of an array on disk: all of them, read anew. */
  readonly data: Float32Array;
  /** The array lies on disk and is read row by row: it may be larger than memory. */
  readonly onDisk: boolean;
  /** The elements of index `i` of the first axis. */
  row(i: number): Float32Array;
}

/** An array whose elements are all there. */
export function inMemory(shape: readonly number[], data: Float32Array): DataArray {
  const size = elementCount(shape.slice(1));
  return { shape, data, onDisk: false, row: (i) => data.subarray(i * size, (i + 1) * size) };
}

export interface DataFile {
  /** As the user gave it, for messages. */
  readonly path: string;
  readonly format: "npz" | "npy" | "csv";
  /** Array names; none for .npy and .csv, whose one array answers to every name. */
  readonly names: readonly string[];
  /** Throws UserError E_DATA_FORMAT for an array that cannot be read. */
  readonly array: (name: string) => DataArray | undefined;
}

/** Files, and arrays in them, of more bytes are read from disk row by row. */
export const LARGE_BYTES = 64 * 2 ** 20;

/** Bound on an array that must be in memory as a whole, in bytes: what a host with 2 GB of memory can work with. */
export const MAX_DATA_BYTES = 512 * 2 ** 20;
