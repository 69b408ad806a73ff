/** Numbers as C99 text. */

import type { TypedArray } from "../graph/ir.js";
import type { StorageType } from "../graph/program.js";

const C_TYPES: Readonly<Record<StorageType, string>> = {
  int8: "int8_t",
  uint8: "uint8_t",
  int16: "int16_t",
  uint16: "uint16_t",
  int32: "int32_t",
  uint32: "uint32_t",
  float32: "float",
  int64: "int64_t",
  uint64: "uint64_t",
  bool: "uint8_t",
};

export const cTypeOf = (type: StorageType): string => C_TYPES[type];

/** A float32 value; nine digits identify it. Infinity needs math.h. */
export function cFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "INFINITY";
  if (value === Number.NEGATIVE_INFINITY) return "-INFINITY";
  const digits = Object.is(value, -0) ? "-0" : String(Number(Math.fround(value).toPrecision(9)));
  return /[.e]/.test(digits) ? `${digits}f` : `${digits}.0f`;
}

/** INT32_MIN has no literal of its own type in C. */
export function cInt(value: number): string {
  return value === -(2 ** 31) ? "(-2147483647 - 1)" : String(value);
}

function cInt64(value: bigint): string {
  return value === -(2n ** 63n) ? "(-INT64_C(9223372036854775807) - 1)" : `INT64_C(${value})`;
}

const PRINTERS: Partial<Record<StorageType, (value: never) => string>> = {
  float32: cFloat,
  uint32: (value: number) => `${value}u`,
  int64: cInt64,
  uint64: (value: bigint) => `UINT64_C(${value})`,
};

/** Initialiser lines of at most about 110 columns. */
export function cLines(type: StorageType, data: TypedArray): string[] {
  const print = PRINTERS[type] ?? cInt;
  const lines: string[] = [];
  let line = "";
  for (let i = 0; i < data.length; i++) {
    const item = `${print(data[i] as never)},`;
    if (line.length + item.length > 104) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? item : ` ${item}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}
