/**
 * How commands speak: results on stdout, progress and prose on stderr. With --json stdout carries one JSON document and
 * nothing else; errors are a document too.
 */
import { ERROR_CODES, EXIT, UserError } from "../errors.js";

export const SCHEMA_VERSION = 1;

export interface Output {
  readonly json: boolean;
  /** The command's result: `document` with --json, else `text`. */
  result(document: object, text: string): void;
  /** A line for people, on stderr. */
  note(line: string): void;
  /** Replaces the last progress line on a terminal; silent elsewhere. */
  progress(line: string): void;
}

export function createOutput(json: boolean): Output {
  const live = process.stderr.isTTY === true;
  let shown = false;
  const clear = () => {
    if (shown) process.stderr.write("\r\u001b[K");
    shown = false;
  };
  return {
    json,
    result(document, text) {
      clear();
      const body = json ? JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...document }, null, 2) : text;
      process.stdout.write(`${body}\n`);
    },
    note(line) {
      clear();
      process.stderr.write(`${line}\n`);
    },
    progress(line) {
      if (!live) return;
      process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      shown = true;
    },
  };
}

export function noteWarnings(warnings: readonly { code: string; message: string }[], output: Output): void {
  for (const { code, message } of warnings) output.note(`warning: ${code}: ${message}`);
}

/** Prints an error and gives its exit status. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof UserError;
  const code = known ? error.code : "E_INTERNAL";
  const node = known ? error.node : null;
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ");
  const text = known ? message : `internal error: ${message}; please report it (ONNX2MCU_DEBUG=1 prints where)`;
  if (json) {
    const document = { schemaVersion: SCHEMA_VERSION, error: { code, node, message: text } };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    process.stderr.write(`onnx2mcu: ${code}: ${text}\n`);
  }
  if (process.env.ONNX2MCU_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known ? ERROR_CODES[error.code].exit : EXIT.tool;
}

const UNITS = ["", "K", "M", "G"] as const;

/** 16000 -> "16.0 K", 1 K = 1,000. */
export function compact(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return unit === 0 ? String(value) : `${scaled.toFixed(scaled < 10 ? 2 : 1)} ${UNITS[unit]}`;
}

export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** "row 20/100, 12.5/s, 6 s left". */
export function progressText(what: string, done: number, all: number, ms: number): string {
  const rate = done / (ms / 1000);
  const left = Math.ceil((all - done) / rate);
  return `${what} ${done}/${all}, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s, ${left} s left`;
}

/** Columns aligned by spaces; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)));
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const isNumber = header.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(header), ...cells.map(line)].join("\n");
}
