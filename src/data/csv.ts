import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import { type DataArray, inMemory } from "./data_file.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/**
 * Rows of numbers with commas, semicolons or tabs between them; the first line may be a header. Gives shape
 * [rows, columns].
 * @throws UserError E_DATA_FORMAT naming line and column, E_DATA_EMPTY.
 */
export function readCsv(text: string, path: string): DataArray {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const numbered = lines.map((line, i) => ({ line, number: i + 1 })).filter(({ line }) => line.trim() !== "");
  const separator = /[,;\t]/.exec(numbered[0]?.line ?? "")?.[0] ?? ",";
  const split = (line: string) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  if (numbered.length > 0 && split(numbered[0].line).some((cell) => !NUMBER.test(cell) && !NOT_FINITE.test(cell))) {
    numbered.shift();
  }
  if (numbered.length === 0) throw new UserError("E_DATA_EMPTY", `${path}: no rows of numbers`);

  const columns = split(numbered[0].line).length;
  const data = new Float32Array(numbered.length * columns);
  numbered.forEach(({ line, number }, row) => {
    const cells = split(line);
    if (cells.length !== columns) {
      throw new UserError(
        "E_DATA_FORMAT",
        `${path}, line ${number}: ${cells.length} values, the rows above ${columns}`,
      );
    }
    cells.forEach((cell, column) => {
      if (!NUMBER.test(cell) && !NOT_FINITE.test(cell)) {
        throw new UserError(
          "E_DATA_FORMAT",
          `${path}, line ${number}, value ${column + 1}: ${quoted(cell)} is no number`,
        );
      }
      data[row * columns + column] = NUMBER.test(cell) ? Number(cell) : Number.NaN;
    });
  });
  return inMemory([numbered.length, columns], data);
}
