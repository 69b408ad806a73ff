/** ONNX model -> Model: the graph exactly as the file says it, its interface, and what it declares besides. */
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { ExternalData } from "./external_data.js";
import { externalDataIn } from "./external_data.js";
import { expandFunctions } from "./functions.js";
import type { ValueInfo } from "./graphs.js";
import { readDeclaredValues, readGraph, readValueInfo } from "./graphs.js";
import type { Int64, ModelProto } from "./proto.js";
import { decodeModel, toNumber } from "./proto.js";
import { MAX_CONSTANT_BYTES, tensorContext } from "./tensors.js";

export type { ValueInfo } from "./graphs.js";

/** Versions of the ai.onnx operator set that can be read. */
export const OPSETS = { min: 1, max: 24 } as const;

export interface Model {
  /** `tensors` holds the constants only: bindShapes adds the inputs, shape inference the rest. */
  readonly graph: Graph;
  /** In the order of `graph.inputs`; initializers are no inputs. */
  readonly inputs: readonly ValueInfo[];
  /** In the order of `graph.outputs`; absent for an output whose type the model does not state. */
  readonly outputs: readonly (ValueInfo | undefined)[];
  /** Intermediate values that the model declares (value_info), by name: hints, not facts. */
  readonly declared: ReadonlyMap<string, ValueInfo>;
  /** Version by domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly irVersion: number;
  readonly producer: string;
}

export interface ReadOptions {
  /** Without it a model with external data is refused. */
  readonly externalData?: ExternalData;
}

/**
 * Reads a model of opset 1 to 24. Constants keep their element types, float16 and bfloat16 widened; graph inputs that
 * are also initializers are constants; `Constant` nodes stay nodes; calls of
 * the model's own functions become the nodes of their bodies.
 * @throws UserError with exit status 3 (bad model); the message names the value or node.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): Model {
  const proto = decodeModel(bytes);
  if (!proto.graph) throw new UserError("E_NOT_ONNX", "not an ONNX model: it has no graph; pass an .onnx file");
  const opsets = readOpsets(proto);
  const graph = readGraph(expandFunctions(proto, proto.graph), () => false, {
    ...tensorContext(options.externalData),
    opset: opsets.get("")!,
  });
  if (graph.outputs.length === 0) {
    throw new UserError("E_NOT_ONNX", `graph ${quoted(graph.name)} has no outputs; export the model again`);
  }
  const inputs = new Map((proto.graph.input ?? []).map((input) => [input.name ?? "", input]));
  return {
    graph,
    inputs: graph.inputs.map((name) => readValueInfo(inputs.get(name)!, "input")),
    outputs: (proto.graph.output ?? []).map((output) => (output.type ? readValueInfo(output, "output") : undefined)),
    declared: readDeclaredValues(proto.graph.valueInfo ?? []),
    opsets,
    irVersion: toNumber(proto.irVersion as Int64),
    producer: [proto.producerName, proto.producerVersion].filter(Boolean).join(" "),
  };
}

/**
 * readModel of a file; external data is looked for in its folder.
 * @throws UserError E_MODEL_NOT_FOUND, E_SHAPE_TOO_LARGE (over 128 MiB) and what readModel throws, its message
 * preceded by the path.
 */
export function readModelFile(path: string): Model {
  const bytes = readBytes(path);
  try {
    return readModel(bytes, { externalData: externalDataIn(dirname(path)) });
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.code, `${path}: ${error.message}`, error.node);
    throw error;
  }
}

function readBytes(path: string): Uint8Array {
  const notFound = (reason: string) =>
    new UserError("E_MODEL_NOT_FOUND", `${path}: ${reason}; give the path of an .onnx file`);
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw notFound("not a file");
    if (stats.size > MAX_CONSTANT_BYTES) {
      const megabytes = Math.ceil(stats.size / 1e6);
      throw new UserError("E_SHAPE_TOO_LARGE", `${path}: ${megabytes} MB are too large for any microcontroller`);
    }
    const file = readFileSync(path);
    return new Uint8Array(file.buffer, file.byteOffset, file.length);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw notFound(code === "ENOENT" ? "no such file" : message);
  }
}

function readOpsets(proto: ModelProto): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of proto.opsetImport ?? []) {
    opsets.set(domain === "ai.onnx" ? "" : (domain ?? ""), toNumber(version as Int64));
  }
  // A model whose nodes all call functions need not import operators of its own.
  if (!opsets.has("")) {
    const imports = (proto.functions ?? []).flatMap((made) => made.opsetImport ?? []);
    const versions = imports.flatMap(({ domain, version }) => (domain ? [] : [toNumber(version as Int64)]));
    if (versions.length > 0)
      opsets.set(
        "",
        versions.reduce((a, b) => Math.max(a, b)),
      );
  }
  const version = opsets.get("");
  const supported = `versions ${OPSETS.min} to ${OPSETS.max} are supported`;
  if (version === undefined) throw new UserError("E_OPSET", `the model imports no ai.onnx operator set; ${supported}`);
  if (version < OPSETS.min || version > OPSETS.max) {
    throw new UserError("E_OPSET", `the model uses ai.onnx operator set ${version}; ${supported}: convert it`);
  }
  return opsets;
}
