/** A report as one self-contained HTML file: no script, no font, nothing fetched; readable on a telephone and on paper. */
import { render } from "../emit/templates.js";
import { toolVersion } from "../io/package_path.js";
import { type Drawing, svg } from "./drawing.js";

/** A cell with a coloured ground, as of a confusion matrix; share 0..1 is how strong. */
export interface ShadedCell {
  readonly text: string;
  readonly tone: "hit" | "miss";
  readonly share: number;
}

export interface ReportTable {
  readonly heading?: string;
  readonly header?: readonly string[];
  /** Numbers stand to the right, with separators between thousands. */
  readonly rows: readonly (readonly (string | number | ShadedCell)[])[];
}

export interface Section {
  readonly heading: string;
  readonly notes?: readonly string[];
  readonly tables?: readonly ReportTable[];
  readonly drawings?: readonly Drawing[];
  /** Drawings one below the other; without it, as many side by side as fit. */
  readonly wide?: boolean;
}

export interface Report {
  readonly title: string;
  readonly verdict: { readonly text: string; readonly tone: "good" | "bad" };
  readonly warnings?: readonly string[];
  readonly sections: readonly Section[];
}

function cellView(cell: string | number | ShadedCell) {
  const plain = { text: "", number: false, tone: "", share: 0 };
  if (typeof cell === "number") return { ...plain, text: cell.toLocaleString("en"), number: true };
  if (typeof cell === "string") return { ...plain, text: cell };
  return { ...plain, ...cell, share: Math.round(70 * cell.share) };
}

function tableView({ heading = "", header, rows }: ReportTable) {
  const isNumber = (column: number) => rows.length > 0 && rows.every((row) => typeof row[column] === "number");
  return {
    heading,
    header: header ? header.map((text, column) => ({ text, number: isNumber(column) })) : null,
    rows: rows.map((row) => row.map(cellView)),
  };
}

export function reportPage({ title, verdict, warnings = [], sections }: Report): string {
  return render("report/page.html", {
    ...{ title, verdict, warnings },
    sections: sections.map(({ heading, notes = [], tables = [], drawings = [], wide = false }) => ({
      ...{ heading, notes, wide },
      tables: tables.map(tableView),
      drawings: drawings.map((drawing) => ({ title: drawing.title, svg: svg(drawing) })),
    })),
    footer: `onnx2mcu ${toolVersion}`,
  });
}
