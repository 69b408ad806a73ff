/**
 * The whole pipeline:
 *
 *   model.onnx ─ read ─▶ Graph ─ canonicalise ─▶ Graph ─ quantise ─▶ Graph ─ lower, eliminate, select ─▶ Program ─ plan ─▶ Plan ─ emit ─▶ files
 *                                     │             ▲                   │
 *                                     └─ calibrate ─┘                   └─ host reference (host/run.ts)
 *
 * One direction, plain data between the stages, each stage a function.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type EliminatedFrom, eliminateChannels } from "./eliminate/eliminate.js";
import { libraryFiles } from "./emit/library.js";
import { type ModelView, modelView } from "./emit/view.js";
import { INTERNAL, type WeightsPlace } from "./emit/weights.js";
import { UserError } from "./errors.js";
import { fedInputs, type Graph, type Shape, type Tensor } from "./graph/ir.js";
import type { Program } from "./graph/program.js";
import type { Target } from "./kernels/variant.js";
import { lower } from "./lower/lower.js";
import { bindConstants, type ConstantValues } from "./onnx/bind_constants.js";
import { bindShapes } from "./onnx/bind_shapes.js";
import { bindStates } from "./onnx/bind_states.js";
import { type Model, readModel, readModelFile } from "./onnx/read.js";
import { canonicalise, type Trace } from "./passes/index.js";
import type { InputLayout } from "./passes/input_layout.js";
import { saturate } from "./passes/saturate.js";
import { type Streamed, type StreamOptions, stream } from "./passes/stream.js";
import type { Memory } from "./plan/memories.js";
import { type Plan, planMemory } from "./plan/plan.js";
import type { Rows } from "./quantize/calibrate.js";
import {
  chooseQuantisation,
  type Quantised,
  type QuantiseOptions,
  type Ranged,
  roundQuantised,
} from "./quantize/quantise.js";
import type { Rejection } from "./select/options.js";
import { type Decision, type Request, type SelectOptions, selectKernels } from "./select/select.js";

export type { Rows } from "./quantize/calibrate.js";

export interface ReadOptions {
  /** Input name -> shape, for models with symbolic dimensions. */
  readonly shapes?: ReadonlyMap<string, Shape>;
  /** Pairs of an input and the output that it takes over at the next call; neither is in the interface any more. */
  readonly states?: readonly { readonly input: string; readonly output: string }[];
  /** Recurrent layers that begin with zero keep their state from call to call too. */
  readonly stateful?: boolean;
  /** Values of inputs that must be known at generation time, by name. */
  readonly constants?: ReadonlyMap<string, ConstantValues>;
  /** Layout of image inputs of the firmware and of the data; default: as the model has it. */
  readonly inputLayout?: InputLayout;
  /** Sees the graph after every pass. */
  readonly trace?: Trace;
}

export interface QuantizeOptions extends QuantiseOptions {
  /** Rows in the layout of the graph's inputs. */
  readonly calibration: (inputs: readonly Tensor[]) => Rows;
}

export interface CompileOptions extends ReadOptions, Partial<QuantizeOptions>, SelectOptions {
  /** Feed new frames of a sliding window only. The calibration rows are whole windows all the same. */
  readonly stream?: StreamOptions;
  /** C identifier; default: from the file name, or "model". */
  readonly name?: string;
  /** Default int8. */
  readonly precision?: "int8" | "float32";
  /** Element type of the firmware's inputs and outputs. Default: int8 for int8 firmware. */
  readonly io?: "int8" | "float32";
  /** The core that the kernels are chosen for. Default: plain C. */
  readonly target?: Target;
  /** Where inputs and outputs live. Default arena. */
  readonly ioBuffers?: "arena" | "caller";
  /** Where weights and tables lie. Default: in the firmware. */
  readonly weights?: WeightsPlace;
  /** Where the arena may lie, the memory of other data first. Default: in one of any size. */
  readonly memories?: readonly Memory[];
  /** Keep the channels of int8 firmware that cannot change an output. Default false. */
  readonly keepChannels?: boolean;
}

export interface Compiled {
  readonly name: string;
  readonly model: Model;
  /** Canonical; quantised for int8. */
  readonly graph: Graph;
  readonly program: Program;
  /** By step of the program: variants of its kernel that were not chosen, and why. */
  readonly rejected: readonly (readonly Rejection[])[];
  /** What the chooser was asked for. */
  readonly request: Request;
  /** What was decided about speed, RAM and flash on the whole. */
  readonly decision: Decision;
  /** Layers whose channels are eliminated in the program. */
  readonly eliminated: readonly EliminatedFrom[];
  readonly plan: Plan;
  /** How a streamed model is fed. */
  readonly stream?: Omit<Streamed, "graph">;
  /** The float program that the int8 one stands for; absent for a model that came quantised. */
  readonly float?: Program;
  readonly view: ModelView;
  /** The C library: file name -> text. */
  readonly files: ReadonlyMap<string, string>;
}

const PLAIN_C: Target = { core: "any", isa: [], flashWaitStates: 0 };

export function isQuantised(graph: Graph): boolean {
  return [...graph.tensors.values()].some((tensor) => tensor.quantization !== undefined);
}

/** @param model path of an ONNX file, or its bytes */
export function read(model: string | Uint8Array): Model {
  return typeof model === "string" ? readModelFile(model) : readModel(model);
}

/** The graph of a model as it was read, with shapes, constants and states bound. */
export function boundGraph(model: Model, options: ReadOptions = {}): Graph {
  const graph = bindConstants(bindShapes(model, options.shapes), options.constants ?? new Map());
  return bindStates(graph, options.states ?? []);
}

/** The canonical graph of a model (src/passes). */
export function canonicalGraph(model: Model, options: ReadOptions = {}): Graph {
  return canonicalise(boundGraph(model, options), options);
}

/** A float graph with the ranges of its values, by calibration. Throws E_USAGE for a graph that is quantised already. */
export function calibrated(graph: Graph, options: QuantizeOptions): Ranged {
  if (isQuantised(graph)) {
    throw new UserError("E_USAGE", "the model is quantised already: generate takes it as it is, without --calibration");
  }
  const rows = options.calibration(fedInputs(graph).map((name) => graph.tensors.get(name)!));
  return chooseQuantisation(graph, rows, options);
}

/** Float graph -> int8 graph, by calibration. Throws E_USAGE for a graph that is quantised already. */
export function quantise(graph: Graph, options: QuantizeOptions): Quantised {
  return roundQuantised(calibrated(graph, options), options.scheme?.precisions);
}

/** A model up to the point where the core that it is compiled for begins to matter. */
export interface Prepared {
  readonly name: string;
  readonly model: Model;
  readonly graph: Graph;
  /** Plain kernels, without the channels that cannot change an output. */
  readonly lean: Program;
  readonly eliminated: readonly EliminatedFrom[];
  readonly stream?: Omit<Streamed, "graph">;
  readonly float?: Program;
}

/** Reads, canonicalises, quantises and lowers: what is the same for every board. */
export function prepare(source: string | Uint8Array, options: CompileOptions = {}): Prepared {
  const name = checkName(options.name ?? nameOf(source));
  const model = read(source);
  const canonical = canonicalGraph(model, options);
  const precision = options.precision ?? "int8";
  const io = precision === "int8" ? (options.io ?? "int8") : "float32";
  const quantised = isQuantised(canonical);
  const whole = precision === "int8" ? quantisedGraph(canonical, options) : quantised ? saturate(canonical) : canonical;
  const streamed = options.stream && stream(whole, options.stream);
  const graph = streamed?.graph ?? whole;
  const lowered = lower(graph, { precision, io });
  const { program: lean, layers: eliminated } = options.keepChannels
    ? { program: lowered, layers: [] }
    : eliminateChannels(lowered);
  const reference = options.stream ? stream(canonical, options.stream).graph : canonical;
  const float = quantised ? undefined : lower(reference, { precision: "float32", io: "float32" });
  return {
    ...{ name, model, graph, lean, eliminated },
    ...(float && { float }),
    ...(streamed && { stream: withoutGraph(streamed) }),
  };
}

/** Chooses kernels for a core, plans the memory and prints the C. */
export function compileFor(prepared: Prepared, options: CompileOptions = {}): Compiled {
  const { lean, ...rest } = prepared;
  const { weights = INTERNAL, target = PLAIN_C }: CompileOptions = options;
  const tablesInFlash = weights.place === "internal";
  const choice = selectKernels(lean, target, { ...options, tablesInFlash });
  const { program } = choice;
  const { memories = [] } = options;
  const { ioBuffers } = choice.plan;
  const plan = memories.length > 1 ? planMemory(program, { ioBuffers, memories }) : choice.plan;
  const view = modelView(program, plan, prepared.name, weights);
  return { ...rest, ...choice, plan, view, files: libraryFiles(view) };
}

/** The whole way from a model to C files. Writes nothing. */
export function compile(source: string | Uint8Array, options: CompileOptions = {}): Compiled {
  return compileFor(prepare(source, options), options);
}

function withoutGraph({ graph: _, ...rest }: Streamed): Omit<Streamed, "graph"> {
  return rest;
}

function quantisedGraph(graph: Graph, options: CompileOptions): Graph {
  const { calibration } = options;
  if (calibration) return quantise(graph, { ...options, calibration }).graph;
  if (isQuantised(graph)) return graph;
  throw new UserError(
    "E_NEEDS_CALIBRATION",
    "the model is float32 and int8 needs example inputs: give --calibration data.npz, or --precision float32",
  );
}

const RESERVED = new Set(
  (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main"
  ).split(" "),
);

function checkName(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(name) || RESERVED.has(name) || name.startsWith("nn_")) {
    throw new UserError(
      "E_USAGE",
      `--name ${JSON.stringify(name)} is no usable C identifier: lower-case letters, digits and _, a letter first, at most 48, not nn_...`,
    );
  }
  return name;
}

function nameOf(source: string | Uint8Array): string {
  if (typeof source !== "string") return "model";
  const stem = basename(source)
    .replace(/\.onnx$/i, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 40);
  const name = /^[a-z]/.test(stem) ? stem : `model_${stem}`;
  return RESERVED.has(name) || name.startsWith("nn_") ? `model_${name}` : name;
}

/** sha256 of a model's bytes, for the manifest. */
export function modelHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
