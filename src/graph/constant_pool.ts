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

export function constantPool(): ConstantPool {
  const constants: Constant[] = [];
  const ids = new Map<string, number>();
  return {
    constants,
    intern(type, data) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const key = `${type}:${bytes.length}:${createHash("sha256").update(bytes).digest("base64")}`;
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
