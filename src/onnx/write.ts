/** Graph -> ONNX model. */
import { invariant } from "../errors.js";
import type { Graph, Tensor } from "../graph/ir.js";
import { writeAttribute } from "./attributes.js";
import { dataTypeNumber } from "./element_types.js";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./proto.js";
import { encodeModel } from "./proto.js";
import { OPSETS } from "./read.js";

export interface WriteOptions {
  readonly producer: string;
  readonly producerVersion?: string;
  /** Versions of the operator sets besides ai.onnx; a domain that nodes use and that is not here gets version 1. */
  readonly opsets?: ReadonlyMap<string, number>;
}

/** First opset of each IR version, newest first (onnx/helper.py, VERSION_TABLE); runtimes refuse newer IR versions. */
const IR_VERSIONS = [
  { opset: 24, irVersion: 12 },
  { opset: 23, irVersion: 11 },
  { opset: 21, irVersion: 10 },
  { opset: 19, irVersion: 9 },
  { opset: 15, irVersion: 8 },
  { opset: OPSETS.min, irVersion: 7 },
];

/**
 * An ONNX model of a graph whose nodes are ONNX nodes, every constant an initializer with raw data. Inputs must be in
 * `graph.tensors`; outputs and intermediate values get type and shape where they are. The same graph gives the same
 * bytes.
 *
 * The nodes are written as they are: attributes and quantisation annotations that only the IR knows are the caller's
 * to turn into operators first. A constant that holds quantised integers is refused (E_INTERNAL).
 */
export function writeModel(graph: Graph, options: WriteOptions): Uint8Array {
  const domains = [...new Set(domainsOf(graph))].filter((domain) => domain !== "").sort();
  return encodeModel({
    irVersion: IR_VERSIONS.find(({ opset }) => opset <= graph.opset)!.irVersion,
    producerName: options.producer,
    producerVersion: options.producerVersion ?? "",
    opsetImport: [
      { domain: "", version: graph.opset },
      ...domains.map((domain) => ({ domain, version: options.opsets?.get(domain) ?? 1 })),
    ],
    graph: writeGraph(graph),
  });
}

function* domainsOf(graph: Graph): Generator<string> {
  for (const node of graph.nodes) {
    yield node.domain;
    for (const value of Object.values(node.attributes)) {
      if (typeof value === "object" && "nodes" in value) yield* domainsOf(value);
    }
  }
}

function writeGraph(graph: Graph): GraphProto {
  const constants = [...graph.tensors.values()].filter((tensor) => tensor.data);
  const external = new Set([...graph.inputs, ...graph.outputs]);
  const intermediate = [...graph.tensors.values()].filter((tensor) => !tensor.data && !external.has(tensor.name));
  return {
    name: graph.name,
    node: graph.nodes.map(
      (node): NodeProto => ({
        name: node.name,
        opType: node.operator,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) =>
          writeAttribute(name, value, { tensor: writeTensor, graph: writeGraph }),
        ),
      }),
    ),
    initializer: constants.map(writeTensor),
    input: graph.inputs.map((name) => writeValueInfo(name, graph.tensors.get(name))),
    output: graph.outputs.map((name) => writeValueInfo(name, graph.tensors.get(name))),
    valueInfo: intermediate.map((tensor) => writeValueInfo(tensor.name, tensor)),
  };
}

function writeValueInfo(name: string, tensor: Tensor | undefined): ValueInfoProto {
  if (!tensor) return { name };
  const shape = { dim: tensor.shape.map((dimValue) => ({ dimValue })) };
  return { name, type: { tensorType: { elemType: dataTypeNumber(tensor.type), shape } } };
}

function writeTensor(tensor: Tensor): TensorProto {
  invariant(tensor.data, `tensor ${tensor.name} has no data`);
  invariant(!tensor.quantization, `constant ${tensor.name} holds quantised values`);
  return {
    name: tensor.name,
    dataType: dataTypeNumber(tensor.type),
    dims: [...tensor.shape],
    rawData: rawData(tensor),
  };
}

/** Little-endian, as every platform that Node runs on. */
function rawData({ data }: Tensor): Uint8Array {
  invariant(data, "no data");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
