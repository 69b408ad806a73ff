/** Constants of a Program: identical tables are one. */
import { createHash } from "node:crypto";
import type { TypedArray } from "./ir.js";
import type { Constant, StorageType } from "./program.js";

export interface InternedConstants {
  /** Grows as tables are interned. */
  readonly constants: readonly Constant[];
  /** Id of the constant with these values. */
  intern(type: StorageType, data: TypedArray): number;
}

/** @param known constants to start with */
export function internedConstants(known: readonly Constant[] = []): InternedConstants {
  const constants = [...known];
  const ids = new Map(known.map(({ id, type, data }) => [keyOf(type, data), id]));
  return {
    constants,
    intern(type, data) {
      const key = keyOf(type, data);
      let id = ids.get(key);
      if (id === undefined) {
        id = constants.length;
        constants.push({ id, type, data });
        ids.set(key, id);
      }
      return id;
    },
  };
}

function keyOf(type: StorageType, data: TypedArray): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${type}:${bytes.length}:${createHash("sha256").update(bytes).digest("base64")}`;
}
