import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Option } from "commander";
import { boundGraph, type Compiled, type CompileOptions, compileFor, modelHash, prepare } from "../compile.js";
import { arenaMemories, type Board, loadBoard } from "../device/boards.js";
import { eliminationOf, manifestOf, ortAgreementOf, tableBytes } from "../emit/manifest.js";
import { INTERNAL, placeText, type WeightsPlace, weightsFileName } from "../emit/weights.js";
import { UserError } from "../errors.js";
import type { Shape } from "../graph/ir.js";
import { writeTree } from "../io/files.js";
import { hybridSteps } from "../lower/lower.js";
import type { StatePair } from "../onnx/bind_states.js";
import { canonicalise } from "../passes/index.js";
import type { StreamOptions } from "../passes/stream.js";
import type { Plan } from "../plan/plan.js";
import { planSummary } from "../plan/report.js";
import { type BoardLimits, compileForBoard } from "../project/board_limits.js";
import { packageFiles } from "../project/formats/format.js";
import { PACKAGE_FORMATS, packageFormat } from "../project/formats/index.js";
import { platformioProject } from "../project/platformio.js";
import { checkWeightsFit, checkWeightsPlace, targetWith } from "../project/weights.js";
import { calibrationWarnings, type Warning } from "../quantize/diagnose.js";
import type { Optimize } from "../select/select.js";
import { readCosts } from "../tune/costs_file.js";
import { type AddCommand, action } from "./command.js";
import {
  byteCount,
  calibrationData,
  constantOption,
  jsonOption,
  layoutOption,
  type OpenedData,
  type QuantiseFlags,
  quantiseOptions,
  quantiseOptionsOf,
  shapeOption,
  statefulOption,
  stateOption,
  streamFramesOption,
  streamOption,
  weightsOption,
} from "./options.js";
import { compact, kilobytes, noteWarnings, type Output } from "./output.js";
import { traceTo } from "./trace.js";

interface Options extends QuantiseFlags {
  json?: boolean;
  board: string;
  output: string;
  calibration?: string;
  precision: "int8" | "float32";
  name?: string;
  io?: "int8" | "float32";
  ioBuffers: "arena" | "caller";
  kernels: "auto" | "plain";
  optimize: Optimize;
  maxRam?: number;
  maxFlash?: number;
  cascade: boolean;
  costs?: string;
  keepChannels?: boolean;
  weights?: WeightsPlace;
  internalWeights?: number;
  shape?: ReadonlyMap<string, Shape>;
  state?: readonly StatePair[];
  stateful?: boolean;
  stream?: StreamOptions;
  streamFrames?: number;
  constant?: ReadonlyMap<string, readonly number[]>;
  inputLayout?: "nhwc" | "nchw";
  mlperf?: boolean;
  format: string;
  trace?: boolean;
}

/** Throws E_DOES_NOT_FIT when tables, or arena and states, alone exceed the board. */
export function checkFits({ plan, program, view }: Compiled, board: Board): void {
  // An arena in several memories was placed within them.
  const [{ bytes: has }, ...others] = arenaMemories(board, 0);
  const bytes = plan.parts ? 0 : plan.arenaBytes + plan.persistentBytes;
  const what = plan.persistentBytes > 0 ? "the arena and the states" : "the arena";
  if (bytes > has) {
    const beside = others.map(({ name, bytes: more }) => `, nor goes piece by piece into those and ${more} of ${name}`);
    throw new UserError(
      "E_DOES_NOT_FIT",
      `the model needs ${bytes} bytes of RAM for ${what}, ${bytes - has} more than the ${has} of ${board.name}${beside.join("")}; use --optimize ram, a larger board, int8 precision or a smaller model`,
    );
  }
  checkWeightsFit(board, program, view.weights.where);
}

function placeOf({ weights = INTERNAL, internalWeights }: Pick<Options, "weights" | "internalWeights">): WeightsPlace {
  if (internalWeights === undefined) return weights;
  if (weights.place === "internal")
    throw new UserError(
      "E_USAGE",
      "--internal-weights says how much stays in the firmware when the rest lies outside; give --weights external:ADDRESS or file too",
    );
  return { ...weights, internalBytes: internalWeights };
}

export const generate: AddCommand = (program) => {
  const command = program
    .command("generate")
    .description("write a firmware project with the model as C")
    .argument("<model.onnx>", "a float model, or one quantised in QDQ or QOperator form")
    .requiredOption("--board <name>", "target board, see `onnx2mcu boards`")
    .requiredOption("-o, --output <folder>", "project folder: new, empty, or generated before")
    .option("--calibration <data>", "example inputs for int8: .npz (array calibration), .npy or .csv")
    .addOption(new Option("--precision <type>", "of the firmware").choices(["int8", "float32"]).default("int8"))
    .option("--name <identifier>", "C identifier of the model (default: from the file name)")
    .addOption(new Option("--io <type>", "inputs and outputs of int8 firmware").choices(["int8", "float32"]))
    .addOption(
      new Option("--io-buffers <where>", "inputs and outputs in the arena, or in the caller's buffers")
        .choices(["arena", "caller"])
        .default("arena"),
    )
    .addOption(
      new Option("--kernels <which>", "the fastest for the board's core, or plain C alone")
        .choices(["auto", "plain"])
        .default("auto"),
    )
    .addOption(
      new Option("--optimize <what>", "what is made small first; balanced: RAM, where that costs few cycles")
        .choices(["speed", "balanced", "ram", "flash"])
        .default("balanced"),
    )
    .option(
      "--max-ram <bytes>",
      "limit of the arena and the states, e.g. 20000 or 20KB (1 KB = 1,000 bytes)",
      byteCount,
    )
    .option("--max-flash <bytes>", "limit of tables and kernels", byteCount)
    .option("--costs <file>", "costs of kernels that `tune` measured, instead of estimates")
    .option("--no-cascade", "run every layer whole, none row by row together with the next")
    .option("--keep-channels", "keep channels of int8 firmware that cannot change an output")
    .addOption(weightsOption())
    .option(
      "--internal-weights <bytes>",
      "with weights outside the firmware: so many bytes of those that are read most stay in its own flash",
      byteCount,
    )
    .addOption(layoutOption())
    .addOption(shapeOption())
    .addOption(constantOption())
    .addOption(stateOption())
    .addOption(statefulOption())
    .addOption(streamOption())
    .addOption(streamFramesOption())
    .addOption(
      new Option(
        "--format <what>",
        `platformio: a firmware project; ${PACKAGE_FORMATS.map(({ name, title }) => `${name}: ${title}`).join("; ")}`,
      )
        .choices(["platformio", ...PACKAGE_FORMATS.map(({ name }) => name)])
        .default("platformio"),
    )
    .option("--mlperf", "firmware that the runner of MLPerf Tiny can drive, too")
    .option("--trace", "print the graph after every pass, on stderr")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  $ onnx2mcu generate model.onnx --board qemu-cortex-m4 --calibration data.npz -o firmware/\n" +
        "  $ onnx2mcu generate model.int8.onnx --board qemu-cortex-m4 --name kws -o firmware/\n" +
        "  $ onnx2mcu generate model.onnx --board host --precision float32 -o firmware/\n" +
        "  $ onnx2mcu generate model.onnx --board host --calibration data.npz --format cmake -o model/",
    )
    .action(action<Options>(([path], options, output) => run(path, options, output)));
  for (const option of quantiseOptions()) command.addOption(option);
};

async function run(path: string, options: Options, output: Output): Promise<undefined> {
  const board = loadBoard(options.board);
  const format = packageFormat(options.format);
  if (format && options.mlperf) {
    throw new UserError(
      "E_USAGE",
      `--mlperf is for firmware, and --format ${format.name} writes none; leave one of them out`,
    );
  }
  const weights = placeOf(options);
  checkWeightsPlace(board, weights, !format);
  const data = options.calibration === undefined ? undefined : calibrationData(options.calibration);
  const compileOptions: CompileOptions = {
    weights,
    name: options.name,
    target: targetWith(board, weights),
    kernels: options.kernels,
    optimize: options.optimize,
    cascades: options.cascade,
    ...(options.costs && { measured: readCosts(options.costs, board.core).calls }),
    ...(options.maxRam !== undefined && { maxRam: options.maxRam }),
    ...(options.maxFlash !== undefined && { maxFlash: options.maxFlash }),
    precision: options.precision,
    io: options.io,
    ioBuffers: options.ioBuffers,
    keepChannels: options.keepChannels,
    shapes: options.shape,
    constants: options.constant,
    states: options.state,
    stateful: options.stateful,
    ...(options.stream && { stream: { ...options.stream, frames: options.streamFrames } }),
    inputLayout: options.inputLayout,
    ...quantiseOptionsOf(options, output),
    ...(data && { calibration: data.calibration }),
    ...(options.trace && { trace: traceTo(output.note) }),
  };
  const prepared = prepare(path, compileOptions);
  const { compiled, limits } = format
    ? { compiled: compileFor(prepared, compileOptions), limits: {} }
    : compileForBoard(prepared, compileOptions, board);
  checkFits(compiled, board);
  const warnings = dataWarnings(compiled, data, options, output);
  noteWarnings(warnings, output);
  const source = { file: basename(path), sha256: modelHash(readFileSync(path)) };
  const changes = await writeTree(
    options.output,
    format
      ? packageFiles({ ...compiled, manifest: manifestOf(compiled, board.name, source) }, format)
      : platformioProject(compiled, board, source, options),
  );
  for (const file of changes.kept) output.note(`kept ${file}: it was edited since it was generated`);
  const { program, plan, view, name } = compiled;
  const hybrid = hybridSteps(program).map(({ node, operator }) => ({ node, operator }));
  const agreement = ortAgreementOf(compiled);
  const eliminated = eliminationOf(compiled);
  const macs = program.steps.reduce((sum, step) => sum + step.macs, 0);
  const text = [
    `${options.output}: ${name} for ${board.title}, ${program.precision}`,
    `  ${program.steps.length} layers, ${compact(macs)} multiply-accumulates, tables ${kilobytes(tableBytes(program))}`,
    ...(view.weights.isImage
      ? [
          `  weights ${placeText(weights)}: ${options.output}/${weightsFileName(name)}, ${kilobytes(view.weights.bytes)}; ${name}_weights.md says what to do with it`,
        ]
      : []),
    planSummary(program, plan).replace(/^/gm, "  "),
    ...partsText(plan),
    `  ${compiled.decision.why}`,
    ...limitsText(limits, board),
    ...(compiled.stream
      ? [
          `  ${compiled.stream.frames} new frames of ${compiled.stream.window} at each call; results are those of a full window from call ${compiled.stream.warmUpCalls} on`,
        ]
      : []),
    ...(eliminated.layers.length > 0
      ? [
          `  eliminated without changing an output: ${compact(eliminated.macs.before - macs)} multiply-accumulates, ${kilobytes(eliminated.tableBytes)} of tables`,
        ]
      : []),
    ...(hybrid.length > 0
      ? [`  in float32, for want of an int8 form: ${[...new Set(hybrid.map((h) => h.operator))].join(", ")}`]
      : []),
    ...(agreement.length > 0 ? [`  ${agreementText(agreement)}`] : []),
    `next: ${format ? `in ${options.output}: ${format.build}` : `onnx2mcu build ${options.output}`}`,
  ];
  output.result(
    {
      project: options.output,
      name,
      board: board.name,
      format: options.format,
      precision: program.precision,
      signature: view.signature,
      layers: program.steps.length,
      macs,
      arena: {
        ...{ bytes: plan.arenaBytes, lowerBound: plan.lowerBound, optimal: plan.optimal },
        ...(plan.parts && { parts: plan.parts }),
      },
      limits,
      tables: tableBytes(program),
      weights: { ...weights, ...(view.weights.isImage && { file: weightsFileName(name), bytes: view.weights.bytes }) },
      choice: compiled.decision,
      ...(compiled.stream && { stream: compiled.stream }),
      eliminated,
      float32Layers: hybrid,
      ortAgreement: agreement,
      written: changes.written.length,
      warnings,
    },
    text.join("\n"),
  );
  return undefined;
}

function partsText({ parts = [] }: Plan): string[] {
  const held = parts
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, bytes }) => `${name} (${bytes.toLocaleString("en")} bytes)`);
  return held.length > 0 ? [`  the arena lies in ${held.join(" and ")}`] : [];
}

function limitsText({ maxRam, maxFlash }: BoardLimits, board: Board): string[] {
  const kept = [
    ...(maxRam === undefined ? [] : [`${maxRam.toLocaleString("en")} bytes of RAM for the arena`]),
    ...(maxFlash === undefined ? [] : [`${maxFlash.toLocaleString("en")} bytes of flash`]),
  ];
  return kept.length > 0 ? [`  chosen within what ${board.name} has: ${kept.join(", ")}`] : [];
}

/** What the float model says about the calibration data; `quantize` says also what came of them. */
function dataWarnings(
  { model }: Compiled,
  data: OpenedData | undefined,
  { shape: shapes, constant: constants, state: states, stateful, inputLayout }: Options,
  output: Output,
): Warning[] {
  const opened = data?.opened();
  if (!opened) return [];
  const bound = boundGraph(model, { shapes, constants, states });
  const graph = canonicalise(bound, { inputLayout, stateful });
  return calibrationWarnings({ graph, bound, inputLayout }, opened.rows, opened.tests, (done, total) =>
    output.progress(`checking the data ${done}/${total}`),
  );
}

function agreementText(layers: ReturnType<typeof ortAgreementOf>): string {
  const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const exact = layers.filter(({ differing }) => differing === 0).length;
  return `bit-exact with onnxruntime: proved for ${exact} of ${layers.length} layers with weights, ${sum((l) => l.proved)} of ${sum((l) => l.channels)} channels`;
}
