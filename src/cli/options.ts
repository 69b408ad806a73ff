/** Options that several commands share, parsed and checked. */
import { InvalidArgumentError, Option } from "commander";
import type { Rows } from "../compile.js";
import { loadData } from "../data/load.js";
import { inputRows, type TestRows, testRows } from "../data/rows.js";
import type { WeightsPlace } from "../emit/weights.js";
import type { Shape, Tensor } from "../graph/ir.js";
import type { StatePair } from "../onnx/bind_states.js";
import type { StreamOptions } from "../passes/stream.js";
import { OBSERVERS, type Range } from "../quantize/observers.js";
import { type Precisions, readPrecisions } from "../quantize/precisions.js";
import { CORRECTIONS, type Correction, type QuantiseOptions, RECOMMENDED } from "../quantize/quantise.js";
import { readRanges } from "../quantize/ranges_file.js";
import type { Output } from "./output.js";

/** "name:1,3,96,96", collected by name; the name itself may contain colons. */
export function collectShape(text: string, previous: ReadonlyMap<string, Shape> = new Map()): Map<string, Shape> {
  const at = text.lastIndexOf(":");
  const shape = text
    .slice(at + 1)
    .split(",")
    .map(Number);
  if (at < 1 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new InvalidArgumentError("expected input:1,3,96,96 with sizes of at least 1");
  }
  return new Map([...previous, [text.slice(0, at), shape]]);
}

/** "name:1,2", collected by name; the name itself may contain colons. */
export function collectConstant(
  text: string,
  previous: ReadonlyMap<string, readonly number[]> = new Map(),
): Map<string, readonly number[]> {
  const at = text.lastIndexOf(":");
  const values = text.slice(at + 1).split(",");
  if (at < 1 || values.some((value) => value.trim() === "" || !Number.isFinite(Number(value)))) {
    throw new InvalidArgumentError("expected input:1,2 with numbers");
  }
  return new Map([...previous, [text.slice(0, at), values.map(Number)]]);
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number of at least 1");
  return value;
}

/** "20000" or "20KB" in bytes; 1 KB = 1,000 bytes. */
export function byteCount(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(KB|B)?$/i.exec(text) ?? [];
  const bytes = Number(number) * (unit?.toUpperCase() === "KB" ? 1000 : 1);
  if (!(bytes >= 1 && Number.isInteger(bytes))) throw new InvalidArgumentError("expected bytes, as 20000 or 20KB");
  return bytes;
}

function percentile(text: string): number {
  const value = Number(text);
  if (!(value > 50 && value <= 100)) throw new InvalidArgumentError("expected a percentage over 50 and up to 100");
  return value;
}

export const shapeOption = () =>
  new Option("--shape <input:sizes>", "bind symbolic dimensions, e.g. input:1,3,96,96 (repeatable)").argParser(
    collectShape,
  );

export const constantOption = () =>
  new Option(
    "--constant <input:values>",
    "make an input a constant, e.g. axes:1,2: what decides shapes must be known when C is generated (repeatable)",
  ).argParser(collectConstant);

function collectState(text: string, previous: readonly StatePair[] = []): StatePair[] {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("expected input:output");
  return [...previous, { input: text.slice(0, at), output: text.slice(at + 1) }];
}

export const stateOption = () =>
  new Option(
    "--state <input:output>",
    "keep a value from call to call: the input takes what the output was, 0 at first (repeatable)",
  ).argParser(collectState);

export const statefulOption = () =>
  new Option("--stateful", "keep the state of every RNN, GRU and LSTM that starts with zero from call to call");

/** "2", or "input:2". */
function streamOf(text: string): StreamOptions {
  const at = text.lastIndexOf(":");
  const axis = Number(text.slice(at + 1));
  if (at === 0 || text.slice(at + 1).trim() === "" || !Number.isInteger(axis)) {
    throw new InvalidArgumentError("expected the axis of time, as 2 or input:2");
  }
  return { axis, ...(at > 0 && { input: text.slice(0, at) }) };
}

export const streamOption = () =>
  new Option(
    "--stream <axis>",
    "feed new frames along this axis instead of whole windows; input:axis where there are several inputs",
  ).argParser(streamOf);

export const streamFramesOption = () =>
  new Option("--stream-frames <n>", "new frames at each call (default: the fewest that the strides allow)").argParser(
    positiveInteger,
  );

export const layoutOption = () =>
  new Option(
    "--input-layout <layout>",
    "layout of image inputs in the firmware and in the data (default: as the model has it)",
  ).choices(["nhwc", "nchw"]);

/** "internal", "external:0x90000000" or "file". */
export function weightsPlaceOf(text: string): WeightsPlace {
  if (text === "internal" || text === "file") return { place: text };
  const [, digits] = /^external:(0x[0-9a-f]+|\d+)$/i.exec(text) ?? [];
  const address = Number(digits);
  if (!(address >= 0 && address < 2 ** 32)) {
    throw new InvalidArgumentError(
      "expected internal, file, or external: with an address below 2^32, as external:0x90000000",
    );
  }
  return { place: "external", address };
}

export const weightsOption = () =>
  new Option(
    "--weights <where>",
    "weights in the firmware (internal), at an address of external flash (external:0x90000000), or in a file that the application loads (file)",
  ).argParser(weightsPlaceOf);

export const modelOption = () => new Option("--model <name>", "of a firmware with several models: which one");

export const jsonOption = () => new Option("--json", "print one JSON document on stdout");

const observerOption = () =>
  new Option("--observer <kind>", "how calibration chooses ranges").choices(OBSERVERS).default("minmax");

const percentileOption = () =>
  new Option("--percentile <percent>", "share of the values that --observer percentile covers")
    .argParser(percentile)
    .default(99.99);

function corrections(text: string): readonly Correction[] {
  if (text === "none") return [];
  if (text === "auto") return RECOMMENDED;
  const names = text.split(",");
  const unknown = names.find((name) => !CORRECTIONS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`expected none, auto, or some of ${CORRECTIONS.join(",")}`);
  }
  return names as Correction[];
}

const correctionsOption = () =>
  new Option(
    "--corrections <list>",
    `what is done against the loss of rounding: none, auto (${RECOMMENDED.join(",")}), or some of ${CORRECTIONS.join(",")}`,
  )
    .argParser(corrections)
    .default([], "none");

const rangesOption = () =>
  new Option("--ranges <file>", "ranges of some or all values, as quantize --save-ranges writes them").argParser(
    readRanges,
  );

const precisionsOption = () =>
  new Option(
    "--precisions <file>",
    "layers that are not int8: int4 weights, int16 or float32, as quantize --save-precisions writes them",
  ).argParser(readPrecisions);

const activationsOption = () =>
  new Option("--activations <type>", "values between layers; int16 with int8 weights takes twice the RAM")
    .choices(["int8", "int16"])
    .default("int8");

const symmetricOption = () => new Option("--symmetric", "activations with zero point 0");

const perTensorOption = () => new Option("--per-tensor", "one scale for all weights of a layer");

/** Options of everything that quantises. */
export interface QuantiseFlags {
  readonly observer: (typeof OBSERVERS)[number];
  readonly percentile: number;
  readonly corrections: readonly Correction[];
  readonly ranges?: ReadonlyMap<string, Range>;
  readonly precisions?: Precisions;
  readonly activations: "int8" | "int16";
  readonly symmetric?: boolean;
  readonly perTensor?: boolean;
}

export const quantiseOptions = (): Option[] => [
  observerOption(),
  percentileOption(),
  correctionsOption(),
  rangesOption(),
  precisionsOption(),
  activationsOption(),
  symmetricOption(),
  perTensorOption(),
];

export function quantiseOptionsOf(flags: QuantiseFlags, output: Output): QuantiseOptions {
  const { observer, percentile: covered, activations, symmetric, perTensor } = flags;
  return {
    observer: observer === "percentile" ? { kind: observer, percentile: covered } : { kind: observer },
    corrections: flags.corrections,
    scheme: { activations, symmetric, perTensor, ...(flags.precisions && { precisions: flags.precisions }) },
    ...(flags.ranges && { ranges: flags.ranges }),
    onProgress: (stage, done, total) => output.progress(`${stage} ${done}/${total}`),
  };
}

/** A data file that is opened once: its rows for calibration, and what is read of it for checks. */
export interface OpenedData {
  calibration(inputs: readonly Tensor[]): Rows;
  /** Undefined as long as nothing was calibrated. */
  opened(): { readonly rows: TestRows["inputs"]; readonly tests: TestRows | undefined } | undefined;
}

export function calibrationData(path: string): OpenedData {
  let data: ReturnType<OpenedData["opened"]>;
  return {
    calibration(inputs) {
      const file = loadData(path);
      data = { rows: inputRows(file, "calibration", inputs), tests: testRows(file, inputs) };
      return data.rows;
    },
    opened: () => data,
  };
}

/** The rows of a data file, once the inputs of the graph are known. */
export function calibrationFrom(path: string): (inputs: readonly Tensor[]) => Rows {
  return (inputs) => inputRows(loadData(path), "calibration", inputs);
}
