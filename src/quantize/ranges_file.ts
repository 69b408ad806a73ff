/** The quantisation table of a model as JSON: the range of every value, to be read again, whole or in part. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { Range } from "./observers.js";

const TABLE = z.strictObject({
  schemaVersion: z.literal(1),
  ranges: z.record(
    z.string(),
    z.strictObject({ min: z.number(), max: z.number() }).refine(({ min, max }) => min <= max, "min is above max"),
  ),
});

/** Text of a table: values by name, in the order of the model. */
export function rangesText(ranges: ReadonlyMap<string, Range>): string {
  const entries = [...ranges].map(([name, { min, max }]) => [name, { min, max }] as const);
  return `${JSON.stringify({ schemaVersion: 1, ranges: Object.fromEntries(entries) }, null, 2)}\n`;
}

/** @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT */
export function readRanges(path: string): Map<string, Range> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UserError(
      "E_DATA_NOT_FOUND",
      `${path}: the table of ranges cannot be read; quantize --save-ranges writes one`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      "E_DATA_FORMAT",
      `${path}: no JSON (${(error as Error).message}); quantize --save-ranges writes one`,
    );
  }
  const parsed = TABLE.safeParse(json);
  if (!parsed.success) {
    const [{ path: at, message }] = parsed.error.issues;
    throw new UserError(
      "E_DATA_FORMAT",
      `${path}: ${at.join(".") || "the document"}: ${message}; see quantize --save-ranges`,
    );
  }
  return new Map(Object.entries(parsed.data.ranges));
}

/** @throws UserError E_USAGE for a name that is no value of the model */
export function checkRanges(ranges: ReadonlyMap<string, Range>, known: ReadonlySet<string>): void {
  const stranger = [...ranges.keys()].find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw new UserError(
    "E_USAGE",
    `--ranges: ${quoted(stranger)} is no value that is computed here; quantize --save-ranges lists those that are`,
  );
}
