/** The .npy format of NumPy, versions 1 to 3 (numpy/lib/format.py): a header in Python syntax, then the elements. */
import { UserError } from "../errors.js";
import { elementCount } from "../graph/ir.js";
import { halfToFloat } from "../numerics/half.js";
import type { DataArray } from "./data_file.js";
import { inMemory, MAX_DATA_BYTES } from "./data_file.js";

type Getter = (view: DataView, at: number, littleEndian: boolean) => number;

/** Element readers by kind and size of the dtype. */
const GETTERS: Readonly<Record<string, Getter>> = {
  f2: (view, at, little) => halfToFloat(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

/** Where the elements of a .npy file lie, and how they are read. */
export interface NpyLayout {
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly first: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly isColumnMajor: boolean;
  /** `count` elements from byte `at` of the view on. */
  read(view: DataView, at: number, count: number): Float32Array;
}

/** Longest header that is read: those of plain arrays have 128 bytes. */
export const MAX_HEADER_BYTES = 2 ** 16;

/**
 * @param bytes from the beginning of the file on, its header at least
 * @param length bytes of the file
 * @param mostBytes of the array, as float32 at least
 * @param where file (and array) for messages.
 * @throws UserError E_DATA_FORMAT: no .npy, truncated, a dtype that holds no plain numbers, too large.
 */
export function npyLayout(bytes: Uint8Array, length: number, where: string, mostBytes = Infinity): NpyLayout {
  const fail = (reason: string): never => {
    throw new UserError("E_DATA_FORMAT", `${where}: ${reason}; save it again with numpy.save or numpy.savez`);
  };
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== "\x93NUMPY" || bytes.length < 12) fail("not a .npy array");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6];
  if (major < 1 || major > 3) fail(`.npy format version ${major} is unknown`);
  const start = major === 1 ? 10 : 12;
  const first = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (first > bytes.length) fail("truncated .npy header");
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, first));

  const dtype = /'descr':\s*'([<>|=])?([a-z]\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const shapeText = /'shape':\s*\(([\d\s,]*)\)/.exec(header);
  if (!order || !shapeText) return fail("damaged .npy header");
  const get = dtype ? GETTERS[dtype[2]] : undefined;
  if (!dtype || !get) {
    const descr = /'descr':\s*('[^']{0,20}')/.exec(header)?.[1] ?? "structured";
    return fail(`dtype ${descr} holds no plain numbers (float, int, uint or bool)`);
  }
  const shape = shapeText[1]
    .split(",")
    .filter((d) => d.trim() !== "")
    .map(Number);
  const count = elementCount(shape);
  const size = Number(dtype[2].slice(1));
  if (!(count * Math.max(size, 4) <= mostBytes)) {
    fail(`array of shape [${shape}] has more than ${mostBytes / 2 ** 20} MiB`);
  }
  if (length - first !== count * size) {
    fail(`${length - first} bytes of data, but shape [${shape}] needs ${count * size}: truncated or damaged`);
  }
  const little = dtype[1] !== ">";
  return {
    ...{ shape, first, size, isColumnMajor: order[1] === "True" },
    read(source, at, elements) {
      const data = new Float32Array(elements);
      for (let i = 0; i < elements; i++, at += size) data[i] = get(source, at, little);
      return data;
    },
  };
}

/**
 * A whole array.
 * @param where file (and array) for messages.
 * @throws UserError E_DATA_FORMAT: as npyLayout; for more than 512 MiB.
 */
export function readNpy(bytes: Uint8Array, where: string): DataArray {
  const { shape, first, isColumnMajor, read } = npyLayout(bytes, bytes.length, where, MAX_DATA_BYTES);
  const count = elementCount(shape);
  const data = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), first, count);
  return inMemory(shape, isColumnMajor ? rowMajor(data, shape) : data);
}

/** The elements of a column-major (Fortran order) array in row-major order. */
function rowMajor(data: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  const steps = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
