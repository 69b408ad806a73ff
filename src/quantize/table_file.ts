/** Tables that quantize writes as JSON, to be read again, whole or in part. */
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { UserError } from "../errors.js";

/**
 * @param what the table holds, for messages: "ranges"
 * @param writer how to get such a file: "quantize --save-ranges writes one"
 * @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT
 */
export function readTable<T>(path: string, schema: z.ZodType<T>, what: string, writer: string): T {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UserError("E_DATA_NOT_FOUND", `${path}: the table of ${what} cannot be read; ${writer}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError("E_DATA_FORMAT", `${path}: no JSON (${(error as Error).message}); ${writer}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path: at, message }] = parsed.error.issues;
  throw new UserError("E_DATA_FORMAT", `${path}: ${at.join(".") || "the document"}: ${message}; ${writer}`);
}

/** Text of a table, its entries by name in the order given. */
export function tableText(key: string, entries: Iterable<readonly [string, unknown]>): string {
  return `${JSON.stringify({ schemaVersion: 1, [key]: Object.fromEntries(entries) }, null, 2)}\n`;
}
