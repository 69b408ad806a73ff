/** docs/costs.md, from the record of how far estimates are off. */
import { fitError, type Pair } from "./samples.js";

/** A model on a core, as docs/costs.json keeps it. */
export interface FitRow extends Pair {
  readonly core: string;
  readonly board: string;
  readonly model: string;
  /** What stands for cycles where a core has no model of them. */
  readonly counts: "cycles" | "instructions";
  readonly layers: readonly (Pair & { readonly node: string; readonly cascade: boolean })[];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const signed = (share: number) => `${share > 0 ? "+" : ""}${percent(share)}`;
const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
const rule = (cells: readonly string[]) => [line(cells), line(cells.map(() => "---"))];

function layerCells(pairs: readonly Pair[]): string[] {
  const counted = pairs.filter(({ measured }) => measured > 0);
  if (counted.length === 0) return ["0", "-", "-"];
  const { count, bias, median } = fitError(counted);
  return [String(count), signed(bias), percent(median)];
}

export function fitDocument(rows: readonly FitRow[]): string {
  const summary = [...new Set(rows.map(({ core }) => core))].map((core) => {
    const of = rows.filter((row) => row.core === core);
    const layers = of.flatMap((row) => row.layers);
    const { bias, worst } = fitError(of);
    const [whole, cascades] = [false, true].map((wanted) => layers.filter(({ cascade }) => cascade === wanted));
    return line([
      ...[core, of[0].counts, of.length, signed(bias), percent(worst)],
      ...layerCells(whole),
      ...layerCells(cascades),
    ]);
  });
  const single = rows.map(({ core, model, measured, estimated }) =>
    line([core, model, measured, estimated, signed(estimated / measured - 1)]),
  );
  return [
    "# How far estimates of cycles are off",
    "",
    "Written by `npm run costs`, from [costs.json](costs.json), which has every layer. Estimates are those of",
    "`boards/costs/<core>.json`; measured is what the simulator counts: cycles by the model of the core, or instructions where",
    "there is none. Firmware as `--optimize balanced` makes it. Bias: of all cycles together; median: of the sizes of the single",
    "errors.",
    "",
    ...rule([
      ...["core", "counted", "models", "bias", "worst model", "whole layers", "bias", "median"],
      ...["cascades", "bias", "median"],
    ]),
    ...summary,
    "",
    ...rule(["core", "model", "measured", "estimated", "error"]),
    ...single,
    "",
  ].join("\n");
}
