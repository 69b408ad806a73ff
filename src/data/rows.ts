/** Arrays of a data file as rows that fit the inputs of a model. */
import { UserError } from "../errors.js";
import type { Shape } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { DataArray, DataFile } from "./data_file.js";

export interface RowInput {
  readonly name: string;
  readonly shape: Shape;
}

export interface Rows {
  readonly rows: number;
  /** Per input, in the order given: the elements of row `i`: views, or read from disk. */
  readonly row: (i: number) => Float32Array[];
}

/**
 * The rows for `inputs`: for one input the array `kind`, or `kind_<name>`; for several, `kind_<name>` each. A row has
 * the shape of its input; a batch axis of 1 may be left out. Rows of a .csv are flat.
 * @throws UserError E_DATA_MISSING_ARRAY, E_DATA_SHAPE (with both shapes), E_DATA_EMPTY, E_DATA_NOT_FINITE.
 */
export function inputRows(file: DataFile, kind: "calibration" | "inputs", inputs: readonly RowInput[]): Rows {
  const arrays = inputs.map((input) => {
    const { name, array } = findArray(file, kind, input, inputs.length);
    const label = name === undefined ? file.path : `${file.path}, array ${quoted(name)}`;
    checkRows(array, input, label);
    return { label, array };
  });
  const rows = arrays.length === 0 ? 0 : arrays[0].array.shape[0];
  for (const { label, array } of arrays) {
    if (array.shape[0] !== rows) {
      throw new UserError("E_DATA_SHAPE", `${label}: ${array.shape[0]} rows, but ${arrays[0].label} has ${rows}`);
    }
  }
  return {
    rows,
    row: (i) =>
      arrays.map(({ array, label }) => {
        const row = array.row(i);
        if (array.onDisk) checkFinite(row, label, i, row.length);
        return row;
      }),
  };
}

/**
 * Class labels: the array `labels` when it has one integer >= 0 per row ([N] or [N,1]); null when the file has no such
 * array, as for images to be reconstructed.
 */
export function classLabels(file: DataFile): Int32Array | null {
  const labels = file.names.includes("labels") ? file.array("labels") : undefined;
  if (!labels || labels.shape.length === 0 || labels.data.length !== labels.shape[0]) return null;
  if (!labels.data.every((v) => Number.isInteger(v) && v >= 0 && v < 2 ** 31)) return null;
  return Int32Array.from(labels.data);
}

/** Rows that a model is tried on, with their classes where the file has one for each. */
export interface TestRows {
  readonly inputs: Rows;
  readonly labels: Int32Array | null;
}

/** The arrays `inputs` of a .npz; undefined where it has none. Throws as inputRows does. */
export function testRows(file: DataFile, inputs: readonly RowInput[]): TestRows | undefined {
  if (!file.names.some((name) => name === "inputs" || name.startsWith("inputs_"))) return undefined;
  const rows = inputRows(file, "inputs", inputs);
  const labels = classLabels(file);
  return { inputs: rows, labels: labels?.length === rows.rows ? labels : null };
}

function findArray(
  file: DataFile,
  kind: string,
  input: RowInput,
  inputs: number,
): { name: string | undefined; array: DataArray } {
  const names = inputs === 1 ? [kind, `${kind}_${input.name}`] : [`${kind}_${input.name}`];
  if (file.format !== "npz" && inputs > 1) {
    const needed = `the model has ${inputs} inputs: use a .npz with an array ${quoted(names[0])} for each`;
    throw new UserError("E_DATA_MISSING_ARRAY", `${file.path}: one array, but ${needed}`);
  }
  for (const name of names) {
    const array = file.array(name);
    if (array) return { name: file.format === "npz" ? name : undefined, array };
  }
  const has = file.names.map(quoted).join(", ") || "none";
  throw new UserError(
    "E_DATA_MISSING_ARRAY",
    `${file.path}: no array ${quoted(names[0])} for input ${quoted(input.name)}; arrays in the file: ${has}`,
  );
}

function checkRows(array: DataArray, input: RowInput, label: string): void {
  const { shape } = array;
  const rest = input.shape[0] === 1 ? input.shape.slice(1) : input.shape;
  const row = shape.slice(1);
  // A row that is flat on one side leaves no doubt about the order of its values.
  const flat = (row.length === 1 || rest.length === 1) && elementCount(row) === elementCount(rest);
  const fits = shape.length > 0 && (same(row, rest) || same(row, input.shape) || flat);
  if (!fits) {
    throw new UserError(
      "E_DATA_SHAPE",
      `${label}: shape [${shape}], but input ${quoted(input.name)} needs [rows,${rest}]`.replace(",]", "]") +
        layoutHint(row, rest),
    );
  }
  if (shape[0] === 0) throw new UserError("E_DATA_EMPTY", `${label}: zero rows; at least one is needed`);
  // What lies on disk is looked at row by row.
  if (!array.onDisk) checkFinite(array.data, label, 0, elementCount(row));
}

/** @param first row of the values, which have `size` elements a row */
function checkFinite(data: Float32Array, label: string, first: number, size: number): void {
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const row = first + Math.floor(bad / size);
  throw new UserError("E_DATA_NOT_FINITE", `${label}: row ${row} holds ${data[bad]}; remove or repair it`);
}

/** The way out where the data are the input's with the channel axis first instead of last, or the other way round. */
function layoutHint(row: Shape, rest: Shape): string {
  if (row.length !== rest.length || row.length < 2) return "";
  const channelsFirst = [rest[rest.length - 1], ...rest.slice(0, -1)];
  const channelsLast = [...rest.slice(1), rest[0]];
  if (same(row, channelsFirst)) return "; the data have the channels first: --input-layout nchw, or transpose them";
  if (same(row, channelsLast)) return "; the data have the channels last: --input-layout nhwc, or transpose them";
  return "";
}

function same(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
