/** Documents that are written from the code: `npm run generate:docs`; a test compares them with the files. */
import { boardJsonSchema } from "./device/boards.js";
import { ERROR_CODES, EXIT } from "./errors.js";

/** docs/errors.md. */
export function errorsDocument(): string {
  const statuses: Readonly<Record<number, string>> = {
    [EXIT.ok]: "done",
    [EXIT.comparisonFailed]: "comparison failed",
    [EXIT.usage]: "usage",
    [EXIT.badModel]: "bad model",
    [EXIT.badData]: "bad data",
    [EXIT.doesNotFit]: "does not fit",
    [EXIT.tool]: "tool missing or failed",
  };
  return [
    "# Errors",
    "",
    "Every error names its code, the place, the reason and the way out, and decides the exit status. Written by",
    "`npm run generate:docs` from src/errors.ts.",
    "",
    "| exit status | meaning |",
    "|---|---|",
    ...Object.entries(statuses).map(([status, meaning]) => `| ${status} | ${meaning} |`),
    "",
    "| code | exit status | meaning |",
    "|---|---|---|",
    ...Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => `| \`${code}\` | ${exit} | ${meaning} |`),
    "",
  ].join("\n");
}

/** boards/board.schema.json. */
export const boardSchemaDocument = (): string => `${JSON.stringify(boardJsonSchema(), null, 2)}\n`;
