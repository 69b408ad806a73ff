import { basename } from "node:path";
import { decibels } from "../compare/metrics.js";
import { boundGraph, calibrated, canonicalGraph, read } from "../compile.js";
import type { TestRows } from "../data/rows.js";
import { UserError } from "../errors.js";
import type { Shape } from "../graph/ir.js";
import { writeFileAtomic } from "../io/files.js";
import { toolVersion } from "../io/package_path.js";
import type { StatePair } from "../onnx/bind_states.js";
import { writeModel } from "../onnx/write.js";
import {
  type ClassComparison,
  calibrationWarnings,
  classRows,
  classWarnings,
  compareClasses,
  layerWarnings,
} from "../quantize/diagnose.js";
import { exportQdq } from "../quantize/export_qdq.js";
import { int8Outputs } from "../quantize/first_output.js";
import { type LayerError, layerErrors } from "../quantize/layer_errors.js";
import { precisionsText } from "../quantize/precisions.js";
import { type Ranged, roundQuantised } from "../quantize/quantise.js";
import { rangesText } from "../quantize/ranges_file.js";
import { layerSensitivities } from "../quantize/search.js";
import { fileHash } from "../quantize/search_state.js";
import { reportPage } from "../report/page.js";
import { correctionGains, layerFacts } from "../report/quantization_facts.js";
import { quantizationReport } from "../report/quantization_report.js";
import { type AddCommand, action } from "./command.js";
import {
  calibrationData,
  constantOption,
  jsonOption,
  layoutOption,
  type QuantiseFlags,
  quantiseOptions,
  quantiseOptionsOf,
  shapeOption,
  statefulOption,
  stateOption,
} from "./options.js";
import { kilobytes, noteWarnings, type Output, percent, table } from "./output.js";
import {
  type SearchFlags,
  search,
  searchJson,
  searchOptions,
  searchText,
  sensitivityTable,
} from "./quantize_search.js";

interface Options extends QuantiseFlags, SearchFlags {
  json?: boolean;
  output: string;
  shape?: ReadonlyMap<string, Shape>;
  state?: readonly StatePair[];
  stateful?: boolean;
  constant?: ReadonlyMap<string, readonly number[]>;
  inputLayout?: "nhwc" | "nchw";
  saveRanges?: string;
  savePrecisions?: string;
  sensitivity?: boolean;
  layers?: boolean;
  report?: string;
}

export const quantize: AddCommand = (program) => {
  const command = program
    .command("quantize")
    .description("quantise a float model to int8 and write it as a standard QDQ ONNX model")
    .argument("<model.onnx>")
    .requiredOption("--calibration <data>", "example inputs: .npz (array calibration), .npy or .csv")
    .requiredOption("-o, --output <file>", "the QDQ model to write")
    .option("--save-ranges <file>", "write the range of every value as JSON, for --ranges")
    .option("--save-precisions <file>", "write the precision of every layer that is not int8 as JSON, for --precisions")
    .option("--sensitivity", "print what each layer alone costs in int4, and gains in int16 and in float32")
    .option("--layers", "print how far every layer is from the float model")
    .option(
      "--report <file.html>",
      "write a report: loss by layer, histograms, what corrections gained, what would help",
    )
    .addOption(shapeOption())
    .addOption(constantOption())
    .addOption(stateOption())
    .addOption(statefulOption())
    .addOption(layoutOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  $ onnx2mcu quantize model.onnx --calibration data.npz -o model.int8.onnx\n" +
        "  $ onnx2mcu quantize model.onnx --calibration data.npz --observer best --corrections auto --layers -o model.int8.onnx\n" +
        "  $ onnx2mcu quantize model.onnx --calibration data.npz --corrections auto --max-accuracy-drop 1 -o model.mixed.onnx",
    )
    .action(action<Options>(([path], options, output) => run(path, options, output)));
  for (const option of [...quantiseOptions(), ...searchOptions()]) command.addOption(option);
};

async function run(path: string, options: Options, output: Output): Promise<undefined> {
  const model = read(path);
  const reading = {
    shapes: options.shape,
    constants: options.constant,
    states: options.state,
    stateful: options.stateful,
    inputLayout: options.inputLayout,
  };
  const graph = canonicalGraph(model, reading);
  const data = calibrationData(options.calibration);
  const ranged = calibrated(graph, { calibration: data.calibration, ...quantiseOptionsOf(options, output) });
  const { rows, tests } = data.opened()!;
  const tried = tests ?? { inputs: rows, labels: null };
  const {
    quantised,
    text: about,
    json: chosen,
    search: searched,
  } = await choosePrecisions(ranged, tried, path, options, output);
  const bytes = writeModel(exportQdq(quantised.graph), { producer: "onnx2mcu", producerVersion: toolVersion });
  const layers = layerErrors(quantised.graph, quantised.samples());
  const done = { corrected: options.corrections.length > 0, precisions: quantised.precisions };
  const labelled = tests?.labels ? { inputs: tests.inputs, labels: tests.labels } : undefined;
  const compared = classRows(graph, rows, labelled);
  const classes =
    compared && compareClasses(compared.float, int8Outputs(quantised.graph, compared.inputs), compared.labels);
  const warnings = [
    ...calibrationWarnings(
      { graph, bound: boundGraph(model, reading), inputLayout: options.inputLayout },
      rows,
      tests,
      (done, total) => output.progress(`checking the data ${done}/${total}`),
    ),
    ...layerWarnings(layers, quantised.graph.outputs, done),
    ...(classes ? classWarnings(classes) : []),
  ];
  noteWarnings(warnings, output);
  await writeFileAtomic(options.output, bytes);
  let reported = {};
  if (options.report !== undefined) {
    const facts = layerFacts(quantised, layers);
    const given = quantiseOptionsOf(options, output);
    const scheme = { ...given.scheme, precisions: quantised.precisions };
    const gains = correctionGains(graph, rows, quantised, { ...given, scheme }, (run, total) =>
      output.progress(`what the corrections gain ${run}/${total}`),
    );
    const page = quantizationReport({
      ...{ title: `${basename(path)} in int8`, layers, facts, gains, warnings, classes, done },
      outputs: quantised.graph.outputs,
      ...(searched && { search: { found: searched.found, metric: searched.quality.name, cost: options.cost } }),
    });
    await writeFileAtomic(options.report, Buffer.from(reportPage(page)));
    reported = { facts, corrections: gains };
    output.note(`${options.report}: written`);
  }
  if (options.saveRanges) await writeFileAtomic(options.saveRanges, Buffer.from(rangesText(quantised.ranges)));
  if (options.savePrecisions) {
    await writeFileAtomic(options.savePrecisions, Buffer.from(precisionsText(quantised.precisions)));
  }
  const { equalised, absorbed, analytic, rounded } = quantised;
  const text = [
    ...about,
    ...(options.layers ? [layerTable(layers), ""] : []),
    `${options.output}: ${kilobytes(bytes.length)}, calibrated on ${rows.rows} rows`,
    ...(classes ? [classLine(classes)] : []),
    ...(equalised.length > 0 ? [`  ${equalised.length} values equalised`] : []),
    ...(absorbed.length > 0 ? [`  ${absorbed.length} values with biases absorbed behind them`] : []),
    ...(analytic.length > 0 ? [`  ${analytic.length} layers with biases corrected analytically`] : []),
    ...(rounded.length > 0
      ? [
          `  ${rounded.filter(({ kept }) => kept !== "nothing").length} of ${rounded.length} layers with better weights or biases`,
        ]
      : []),
  ];
  output.result(
    {
      ...{ output: options.output, bytes: bytes.length, rows: rows.rows, nodes: quantised.graph.nodes.length },
      ...{ warnings, layers: layers.map(asJson), equalised, absorbed, analytic, rounded },
      classes: classes ?? null,
      observers: Object.fromEntries(quantised.observers),
      precisions: Object.fromEntries(quantised.precisions),
      ...{ ...chosen, ...reported },
    },
    text.join("\n"),
  );
  return undefined;
}

/** The model with the precisions that the options give, or that a search finds; what there is to say about it. */
async function choosePrecisions(ranged: Ranged, tried: TestRows, model: string, options: Options, output: Output) {
  const { maxAccuracyDrop, precisions } = options;
  if (maxAccuracyDrop !== undefined) {
    if (precisions) throw new UserError("E_USAGE", "--max-accuracy-drop chooses precisions: leave --precisions out");
    const flags = { ...options, maxAccuracyDrop };
    const { calibration: data, observer, percentile, corrections, cost } = options;
    const settings = JSON.stringify([
      observer,
      percentile,
      corrections,
      options.symmetric,
      options.perTensor,
      options.activations,
      cost,
    ]);
    const identity = () => [fileHash(model), fileHash(data), settings, rangesText(ranged.ranges)];
    const done = await search(ranged, tried, flags, identity, output);
    return {
      quantised: done.found.quantised,
      text: [searchText(done, flags), ""],
      json: { search: searchJson(done) },
      search: done,
    };
  }
  if (!options.sensitivity)
    return { quantised: roundQuantised(ranged, precisions), text: [], json: {}, search: undefined };
  const { quantised, base, layers } = layerSensitivities(ranged, (done, total) =>
    output.progress(`sensitivity ${done}/${total}`),
  );
  return {
    quantised: precisions ? roundQuantised(ranged, precisions) : quantised,
    text: [sensitivityTable(layers), `all int8: ${decibels(base)} dB`, ""],
    json: { sensitivity: { base: Number.isFinite(base) ? base : null, layers } },
    search: undefined,
  };
}

function classLine({ rows, agreement, float, int8 }: ClassComparison): string {
  const same = `  same class as float32 on ${percent(agreement)} of ${rows} rows`;
  return float === null || int8 === null ? same : `${same}; right on ${percent(int8)}, float32 ${percent(float)}`;
}

/** JSON knows no infinity: null stands for a layer without any error. */
const asJson = ({ accumulated, isolated, ...rest }: LayerError) => ({
  ...rest,
  accumulated: Number.isFinite(accumulated) ? accumulated : null,
  isolated: Number.isFinite(isolated) ? isolated : null,
});

function layerTable(layers: readonly LayerError[]): string {
  return table(
    ["layer", "operator", "dB here", "dB alone", "cosine", "clipped"],
    layers.map(({ node, operator, accumulated, isolated, cosine, saturated }) => [
      ...[node, operator, decibels(accumulated), decibels(isolated)],
      ...[cosine === null ? "" : cosine.toFixed(5), percent(saturated)],
    ]),
  );
}
