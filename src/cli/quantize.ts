import { decibels } from "../compare/metrics.js";
import { canonicalGraph, quantise, type Rows, read } from "../compile.js";
import { fedInputs, type Shape, type Tensor } from "../graph/ir.js";
import { writeFileAtomic } from "../io/files.js";
import { toolVersion } from "../io/package_path.js";
import type { StatePair } from "../onnx/bind_states.js";
import { writeModel } from "../onnx/write.js";
import { dataWarnings, layerWarnings } from "../quantize/diagnose.js";
import { exportQdq } from "../quantize/export_qdq.js";
import { type LayerError, layerErrors } from "../quantize/layer_errors.js";
import { rangesText } from "../quantize/ranges_file.js";
import { type AddCommand, action } from "./command.js";
import {
  calibrationFrom,
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
import { kilobytes, type Output, percent, table } from "./output.js";

interface Options extends QuantiseFlags {
  json?: boolean;
  calibration: string;
  output: string;
  shape?: ReadonlyMap<string, Shape>;
  state?: readonly StatePair[];
  stateful?: boolean;
  constant?: ReadonlyMap<string, readonly number[]>;
  inputLayout?: "nhwc" | "nchw";
  saveRanges?: string;
  layers?: boolean;
}

export const quantize: AddCommand = (program) => {
  const command = program
    .command("quantize")
    .description("quantise a float model to int8 and write it as a standard QDQ ONNX model")
    .argument("<model.onnx>")
    .requiredOption("--calibration <data>", "example inputs: .npz (array calibration), .npy or .csv")
    .requiredOption("-o, --output <file>", "the QDQ model to write")
    .option("--save-ranges <file>", "write the range of every value as JSON, for --ranges")
    .option("--layers", "print how far every layer is from the float model")
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
        "  $ onnx2mcu quantize model.onnx --calibration data.npz --observer best --corrections auto --layers -o model.int8.onnx",
    )
    .action(action<Options>(([path], options, output) => run(path, options, output)));
  for (const option of quantiseOptions()) command.addOption(option);
};

async function run(path: string, options: Options, output: Output): Promise<undefined> {
  const graph = canonicalGraph(read(path), {
    shapes: options.shape,
    constants: options.constant,
    states: options.state,
    stateful: options.stateful,
    inputLayout: options.inputLayout,
  });
  let rows: Rows | undefined;
  const calibration = (inputs: readonly Tensor[]) => {
    rows = calibrationFrom(options.calibration)(inputs);
    return rows;
  };
  const quantised = quantise(graph, { calibration, ...quantiseOptionsOf(options, output) });
  const bytes = writeModel(exportQdq(quantised.graph), { producer: "onnx2mcu", producerVersion: toolVersion });
  const layers = layerErrors(quantised.graph, quantised.samples());
  const warnings = [...dataWarnings(rows!, fedInputs(graph)), ...layerWarnings(layers, quantised.graph.outputs)];
  for (const warning of warnings) output.note(`warning: ${warning}`);
  await writeFileAtomic(options.output, bytes);
  if (options.saveRanges) await writeFileAtomic(options.saveRanges, Buffer.from(rangesText(quantised.ranges)));
  const { equalised, rounded } = quantised;
  const calibrated = rows!.rows;
  const text = [
    ...(options.layers ? [layerTable(layers), ""] : []),
    `${options.output}: ${kilobytes(bytes.length)}, calibrated on ${calibrated} rows`,
    ...(equalised.length > 0 ? [`  ${equalised.length} values equalised`] : []),
    ...(rounded.length > 0
      ? [
          `  ${rounded.filter(({ kept }) => kept !== "nothing").length} of ${rounded.length} layers with better weights or biases`,
        ]
      : []),
  ];
  output.result(
    {
      ...{ output: options.output, bytes: bytes.length, rows: calibrated, nodes: quantised.graph.nodes.length },
      ...{ warnings, layers: layers.map(asJson), equalised, rounded },
      observers: Object.fromEntries(quantised.observers),
    },
    text.join("\n"),
  );
  return undefined;
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
