/** docs/accuracy.md, written from measurements. */
import { decibels } from "../compare/metrics.js";
import type { Loss, ModelAccuracy } from "./measure.js";

const percent = (value: number | null) => (value === null ? "" : (100 * value).toFixed(1));

export function accuracyDocument(results: readonly ModelAccuracy[]): string {
  const mean = (of: (result: ModelAccuracy) => number) =>
    decibels(results.reduce((sum, result) => sum + of(result), 0) / Math.max(1, results.length));
  const cells = ({ snr, accuracy }: Loss) => [decibels(snr), percent(accuracy)];
  const lines = results.map(({ model, rows, float, onnxruntime, plain, corrected, seconds }) =>
    [
      ...[model, rows, percent(float), ...cells(onnxruntime), ...cells(plain), ...cells(corrected)],
      ...[
        float === null ? "" : percent(corrected.agreement),
        corrected.mcNemar === null ? "" : corrected.mcNemar.toFixed(2),
        seconds.toFixed(1),
      ],
    ].join(" | "),
  );
  return [
    "# Accuracy of int8",
    "",
    "Written by `npm run accuracy -- --models <folder> --docs`; do not edit. All rows of each model's data, ranges from its",
    "calibration rows alone. dB: power of the first output over the power of its error against float32. %: rows whose top",
    "class is the label.",
    "",
    "- onnxruntime: its own static quantisation (QDQ, MinMax, per channel), run by onnxruntime without graph optimisation",
    "- plain: `--observer minmax --corrections none`, the default",
    "- corrected: `--observer best --corrections auto`; agreement: rows with the class of the float model; p: McNemar's exact",
    "  test that it is right as often as float32; s: processor time of quantising",
    "",
    "| model | rows | float % | onnxruntime dB | % | plain dB | % | corrected dB | % | agreement % | p | s |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
    "",
    `Mean of the dB: onnxruntime ${mean((r) => r.onnxruntime.snr)}, plain ${mean((r) => r.plain.snr)}, corrected ${mean((r) => r.corrected.snr)}.`,
    "Recurrent layers stay in float32 in onnxruntime's models of fsdd_gru and watch_lstm; here they are int8.",
    "",
  ].join("\n");
}
