/** Documents that are written from the code: `npm run generate:docs`; a test compares them with the files. */
import { boardJsonSchema, flashBytes, INSTRUCTION_SETS, listBoards, ramBytes } from "./device/boards.js";
import { messagesHeader, withMessageTables } from "./device/link/documents.js";
import { cycleModelOf } from "./device/profile/cycle_models.js";
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

export { messagesHeader, withMessageTables };

/** boards/board.schema.json. */
export const boardSchemaDocument = (): string => `${JSON.stringify(boardJsonSchema(), null, 2)}\n`;

/** docs/boards.md. */
export function boardsDocument(): string {
  const kib = (bytes: number) => `${(bytes / 1024).toLocaleString("en-US")}`;
  const boards = listBoards().filter(({ simulator }) => simulator !== null);
  const rows = boards.map((board) => {
    const { name, title, core, isa, clockHz, simulator } = board;
    const simulated = `\`${simulator?.command} -M ${simulator?.machine}\``;
    const cells = [`\`${name}\``, title, core, isa.join(", "), clockHz / 1e6, kib(flashBytes(board))];
    return `| ${[...cells, kib(ramBytes(board)), simulated].join(" | ")} |`;
  });
  const cores = [...new Set(boards.map(({ core }) => core))].sort();
  return [
    "# Boards",
    "",
    "Besides these there is `host`, this computer. Instruction counts are exact on each; memory is that of the machine that",
    "stands in, without wait states. Written by `npm run generate:docs` from boards/.",
    "",
    "| board | what it is | core | instruction sets | clock, MHz | flash, KiB | RAM, KiB | simulator |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
    "## Instruction sets",
    "",
    "What `isa` of a board may list, and kernels may ask for.",
    "",
    "| name | what a core that has it can do |",
    "|---|---|",
    ...Object.entries(INSTRUCTION_SETS).map(([name, what]) => `| \`${name}\` | ${what} |`),
    "",
    "## Cycle models",
    "",
    "Modelled from the counts of each instruction and each taken branch, without wait states (src/device/profile).",
    "",
    "| core | source |",
    "|---|---|",
    ...cores.map((core) => `| ${core} | ${cycleModelOf(core)?.source ?? "none"} |`),
    "",
  ].join("\n");
}
