/** Documents that are written from the code: `npm run generate:docs`; a test compares them with the files. */
import {
  type Board,
  boardJsonSchema,
  flashBytes,
  INSTRUCTION_SETS,
  isReal,
  listBoards,
  ramBytes,
  usableFlash,
  usableRam,
} from "./device/boards.js";
import { messagesHeader, withMessageTables } from "./device/link/documents.js";
import { simulatorKind } from "./device/simulator.js";
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
    [EXIT.interrupted]: "interrupted by Ctrl-C (SIGINT)",
    [EXIT.terminated]: "ended by SIGTERM",
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

const kib = (bytes: number) => Math.floor(bytes / 1024).toLocaleString("en-US");

function realBoardRow(board: Board): string {
  const { name, title, chip, core, clockHz, platformio, upload, power, compile } = board;
  const supply = power
    ? `${power.activeMilliamps} mA, ${power.sleepMicroamps} µA at ${power.volts} V ±${100 * power.error} %`
    : "";
  const cells = [
    `\`${name}\``,
    title,
    chip,
    `${core}, ${clockHz / 1e6}`,
    kib(usableFlash(board)),
    kib(usableRam(board)),
  ];
  const checked = compile ? `compiled (${compile.compiler})` : "generated";
  return `| ${[...cells, `${platformio.platform}, ${platformio.framework}`, upload?.protocol, supply, checked].join(" | ")} |`;
}

/** docs/boards.md. */
export function boardsDocument(): string {
  const all = listBoards();
  const boards = all.filter(({ simulator }) => simulator !== null);
  const rows = boards.map((board) => {
    const { name, title, core, isa, clockHz } = board;
    const simulated = `\`${simulatorKind(board).describe()}\``;
    const cells = [`\`${name}\``, title, core, isa.join(", "), clockHz / 1e6, kib(flashBytes(board))];
    return `| ${[...cells, kib(ramBytes(board)), simulated].join(" | ")} |`;
  });
  const sources = new Set(
    boards.map((board) => {
      const kind = simulatorKind(board);
      const source = kind.cycles(board)?.source ?? "none: one cycle for an instruction is assumed";
      return `| ${board.core} | ${board.simulator?.kind} | ${source} |`;
    }),
  );
  return [
    "# Boards",
    "",
    "Besides these there is `host`, this computer. Instruction counts are exact on each; memory is that of the machine that",
    "stands in, without wait states. Written by `npm run generate:docs` from boards/.",
    "",
    "## Simulated boards: built and run in the tests",
    "",
    "[outcomes.md](outcomes.md) has the models that were run on each.",
    "",
    "| board | what it is | core | instruction sets | clock, MHz | flash, KiB | RAM, KiB | simulator |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
    "## Real boards",
    "",
    "None of them was on a desk here: `checked` says how far the tests go. *compiled*: the whole firmware, with the link,",
    "is compiled for the board's core against the framework's API by the compiler that is named; for Xtensa and the",
    "ATmega4809 that is Debian's compiler of a near relative. *generated*: PlatformIO accepts the project. Flash is what the",
    "firmware can have, RAM what is there in one piece. Supply current is a typical figure of the chip after its datasheet, not",
    "measured and not checked against a revision of it; real boards differ by `±`.",
    "",
    "| board | what it is | chip | core, MHz | flash, KiB | RAM, KiB | platform | upload | active, sleep | checked |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...all.filter(isReal).map(realBoardRow),
    "",
    "## Instruction sets",
    "",
    "What `isa` of a board may list, and kernels may ask for.",
    "",
    "| name | what a core that has it can do |",
    "|---|---|",
    ...Object.entries(INSTRUCTION_SETS).map(([name, what]) => `| \`${name}\` | ${what} |`),
    "",
    "## Cycles",
    "",
    "avr8js and rp2040js count them, instruction by instruction. Those of the other simulators are modelled from the counts of",
    "each instruction and each taken branch, without wait states (src/device/profile). On the same code rp2040js counts what the",
    "model of its core says, which a test checks; the chip takes longer where the cache in front of its flash misses.",
    "",
    "| core | simulator | source |",
    "|---|---|---|",
    ...[...sources].sort(),
    "",
  ].join("\n");
}
