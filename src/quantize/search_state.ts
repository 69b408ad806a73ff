/** What a search has judged already, in a file: an interrupted search goes on where it was. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors.js";
import type { Known } from "./search.js";
import { readTable } from "./table_file.js";

const STATE = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of the model, the data and the options: values of another search say nothing. */
  search: z.string(),
  values: z.record(z.string(), z.number()),
});

/** Names a search: equal exactly where everything that decides its values is. */
export function searchName(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** sha256 of a file that may be larger than memory. */
export function fileHash(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  const chunk = Buffer.alloc(2 ** 20);
  for (let count = 1; count > 0; ) {
    count = readSync(file, chunk);
    hash.update(chunk.subarray(0, count));
  }
  closeSync(file);
  return hash.digest("hex");
}

/** @throws UserError E_DATA_FORMAT for a file of another search, or none */
export function readSearch(path: string, name: string): Known {
  if (!existsSync(path)) return new Map();
  const state = readTable(path, STATE, "a search", "quantize --resume writes one");
  if (state.search !== name) {
    throw new UserError(
      "E_DATA_FORMAT",
      `${path} belongs to another model, other data or other options; name another file, or delete it to start anew`,
    );
  }
  return new Map(Object.entries(state.values));
}

/** Whole or not at all, and at once: the search may be stopped at any moment. */
export function writeSearch(path: string, name: string, known: Known): void {
  const state = { schemaVersion: 1, search: name, values: Object.fromEntries(known) };
  writeFileSync(`${path}.part`, `${JSON.stringify(state)}\n`);
  renameSync(`${path}.part`, path);
}
