/** What every data file gives: named arrays of numbers. */

export interface DataArray {
  readonly shape: readonly number[];
  /** Row-major; the values of the file, rounded to float32. */
  readonly data: Float32Array;
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

/** Bound on a data file, and on each array in it, in bytes: what a host with 2 GB of memory can work with. */
export const MAX_DATA_BYTES = 512 * 2 ** 20;
