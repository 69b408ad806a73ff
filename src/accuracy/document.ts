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
    ...baselines(results),
  ].join("\n");
}

/** The tools by their names in a run of scripts/baselines.py. */
const TOOLS = [
  ["entropy", "onnxruntime Entropy"],
  ["percentile", "onnxruntime Percentile"],
  ["tflite", "reference .tflite"],
] as const;

/** Class of the float model, dB and % of every tool; nothing where no other tool was run. */
function baselines(results: readonly ModelAccuracy[]): string[] {
  if (results.every(({ others }) => others.size === 0)) return [];
  const agreed = (loss: Loss, isClassifier: boolean) => (isClassifier ? percent(loss.agreement) : "");
  const cells = (loss: Loss | undefined, isClassifier: boolean) =>
    loss ? [decibels(loss.snr), agreed(loss, isClassifier)] : ["", ""];
  const lines = results.map(({ model, float, onnxruntime, others, corrected }) => {
    const isClassifier = float !== null;
    const theirs = [onnxruntime, others.get("entropy"), others.get("percentile")];
    const best = Math.max(...theirs.map((loss) => loss?.agreement ?? 0));
    const margin = isClassifier ? (100 * (corrected.agreement - best)).toFixed(1) : "";
    const columns = TOOLS.flatMap(([name]) => cells(others.get(name), isClassifier));
    return [model, ...cells(onnxruntime, isClassifier), ...columns, ...cells(corrected, isClassifier), margin].join(
      " | ",
    );
  });
  return [
    "## Beside other tools",
    "",
    "The same float models, calibration rows and data (`--baselines`). dB as above; agree: rows with the class of the float",
    "model, in %. margin: points that corrected agrees more than the best of onnxruntime's three. The .tflite files came with",
    "the models, and were quantised from the same weights with other data.",
    "",
    `| model | onnxruntime MinMax dB | agree | ${TOOLS.map(([, title]) => `${title} dB | agree`).join(" | ")} | corrected dB | agree | margin |`,
    `|${"---|".repeat(6 + 2 * TOOLS.length)}`,
    ...lines.map((line) => `| ${line} |`),
    "",
  ];
}
