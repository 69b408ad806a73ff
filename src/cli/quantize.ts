import { canonicalGraph, quantise, read } from "../compile.js";
import type { Shape } from "../graph/ir.js";
import { writeFileAtomic } from "../io/files.js";
import { toolVersion } from "../io/package_path.js";
import type { StatePair } from "../onnx/bind_states.js";
import { writeModel } from "../onnx/write.js";
import { exportQdq } from "../quantize/export_qdq.js";
import { type AddCommand, action } from "./command.js";
import {
  calibrationFrom,
  constantOption,
  jsonOption,
  layoutOption,
  observerOf,
  observerOption,
  percentileOption,
  shapeOption,
  statefulOption,
  stateOption,
} from "./options.js";
import { kilobytes } from "./output.js";

interface Options {
  json?: boolean;
  calibration: string;
  output: string;
  shape?: ReadonlyMap<string, Shape>;
  state?: readonly StatePair[];
  stateful?: boolean;
  constant?: ReadonlyMap<string, readonly number[]>;
  inputLayout?: "nhwc" | "nchw";
  observer: "minmax" | "percentile";
  percentile: number;
}

export const quantize: AddCommand = (program) => {
  program
    .command("quantize")
    .description("quantise a float model to int8 and write it as a standard QDQ ONNX model")
    .argument("<model.onnx>")
    .requiredOption("--calibration <data>", "example inputs: .npz (array calibration), .npy or .csv")
    .requiredOption("-o, --output <file>", "the QDQ model to write")
    .addOption(observerOption())
    .addOption(percentileOption())
    .addOption(shapeOption())
    .addOption(constantOption())
    .addOption(stateOption())
    .addOption(statefulOption())
    .addOption(layoutOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ onnx2mcu quantize model.onnx --calibration data.npz -o model.int8.onnx")
    .action(
      action<Options>(async ([path], options, output) => {
        const graph = canonicalGraph(read(path), {
          shapes: options.shape,
          constants: options.constant,
          states: options.state,
          stateful: options.stateful,
          inputLayout: options.inputLayout,
        });
        let rows = 0;
        const quantised = quantise(graph, {
          calibration: calibrationFrom(options.calibration),
          observer: observerOf(options),
          onRow(done, total) {
            rows = total;
            output.progress(`calibrating ${done}/${total}`);
          },
        });
        const bytes = writeModel(exportQdq(quantised), { producer: "onnx2mcu", producerVersion: toolVersion });
        await writeFileAtomic(options.output, bytes);
        output.result(
          { output: options.output, bytes: bytes.length, rows, nodes: quantised.nodes.length },
          `${options.output}: ${kilobytes(bytes.length)}, calibrated on ${rows} rows`,
        );
        return undefined;
      }),
    );
};
