/** The constants of a program under construction: identical tables share one. */
import { createHash } from "node:crypto";
import type { TypedArray } from "./ir.js";
import type { Constant, StorageType } from "./program.js";

export interface ConstantPool {
  /** In the order in which they were first asked for. */
  readonly constants: readonly Constant[];
  /** The id of the constant with these elements. */
  intern(type: StorageType, data: TypedArray): number;
}

/** @param known constants to start with */
export function constantPool(known: readonly Constant[] = []): ConstantPool {
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
