/** The quantisation table of a model as JSON: the range of every value, to be read again, whole or in part. */
import { z } from "zod";
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { Range } from "./observers.js";
import { readTable, tableText } from "./table_file.js";

const TABLE = z.strictObject({
  schemaVersion: z.literal(1),
  ranges: z.record(
    z.string(),
    z.strictObject({ min: z.number(), max: z.number() }).refine(({ min, max }) => min <= max, "min is above max"),
  ),
});

/** Text of a table: values by name, in the order of the model. */
export const rangesText = (ranges: ReadonlyMap<string, Range>): string =>
  tableText(
    "ranges",
    [...ranges].map(([name, { min, max }]) => [name, { min, max }] as const),
  );

/** @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT */
export function readRanges(path: string): Map<string, Range> {
  return new Map(Object.entries(readTable(path, TABLE, "ranges", "quantize --save-ranges writes one").ranges));
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
