/** GraphProto -> Graph, as the model says it: names made unique, nodes in order, nothing rewritten. */
import { UserError } from "../errors.js";
import type { ElementType, Graph, Node, Tensor } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import { readAttribute } from "./attributes.js";
import { elementTypeOf, requireElementType } from "./element_types.js";
import { topologicalOrder } from "./order.js";
import type { GraphProto, Int64, NodeProto, ValueInfoProto } from "./proto.js";
import { toNumber } from "./proto.js";
import type { TensorContext } from "./tensors.js";
import { readTensor } from "./tensors.js";

/** A value as the model declares it. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Numbers >= 0; a string for a symbolic dimension ("?" for one without a name); undefined when even the rank is. */
  readonly dims: readonly (number | string)[] | undefined;
}

export interface ReadContext extends TensorContext {
  readonly opset: number;
}

/**
 * @param whether an enclosing graph has a value of that name, which a subgraph may read.
 * @throws UserError E_GRAPH_DUPLICATE_NAME, E_GRAPH_MISSING_VALUE, E_GRAPH_CYCLE, E_TYPE, E_NOT_ONNX and what
 * readTensor throws.
 */
export function readGraph(proto: GraphProto, outer: (name: string) => boolean, context: ReadContext): Graph {
  if (proto.sparseInitializer?.length) {
    const name = proto.sparseInitializer[0].values?.name ?? "";
    throw new UserError("E_TYPE", `initializer ${quoted(name)} is sparse; store it as a dense tensor`, name);
  }
  const tensors = new Map<string, Tensor>();
  for (const initializer of proto.initializer ?? []) {
    const name = initializer.name ?? "";
    if (name === "") throw nameless("an initializer");
    if (tensors.has(name)) throw duplicate(name);
    tensors.set(name, readTensor(initializer, name, "initializer", context));
  }
  // Up to IR version 3 every initializer was listed as an input too.
  const inputs = (proto.input ?? []).filter((input) => !tensors.has(input.name ?? ""));
  const names = inputs.map((input) => input.name ?? "");
  const defined = new Set(tensors.keys());
  for (const name of names) {
    if (name === "") throw nameless("an input");
    define(defined, name);
  }
  const protos = proto.node ?? [];
  for (const node of protos) for (const output of node.output ?? []) if (output !== "") define(defined, output);

  const visible = (name: string) => defined.has(name) || outer(name);
  const nodeNames = uniqueNodeNames(protos);
  const nodes = protos.map((node, i) => readNode(node, nodeNames[i], visible, context));
  for (const node of nodes) {
    const value = node.inputs.find((input) => input !== "" && !visible(input));
    if (value !== undefined) throw missing(`${node.operator} node ${quoted(node.name)} reads`, value, node.name);
  }
  const outputs = new Set<string>();
  for (const { name } of proto.output ?? []) {
    define(outputs, name ?? "");
    if (!visible(name ?? "")) throw missing("the graph outputs", name ?? "", name ?? "");
  }
  const protoOf = new Map(nodes.map((node, i) => [node, protos[i]]));
  return {
    name: proto.name ?? "",
    opset: context.opset,
    inputs: names,
    outputs: [...outputs],
    nodes: topologicalOrder(nodes, (node) => namesRead(protoOf.get(node)!)),
    tensors,
  };
}

/** No node can read it: an empty name among the inputs of a node is an omitted input. */
function nameless(what: string): UserError {
  return new UserError("E_NOT_ONNX", `${what} of the graph has no name; export the model again`);
}

function define(defined: Set<string>, name: string): void {
  if (defined.has(name)) throw duplicate(name);
  defined.add(name);
}

function duplicate(name: string): UserError {
  return new UserError(
    "E_GRAPH_DUPLICATE_NAME",
    `two values of the graph are named ${quoted(name)}; export the model again with unique names`,
    name,
  );
}

function missing(reader: string, value: string, node: string): UserError {
  return new UserError(
    "E_GRAPH_MISSING_VALUE",
    `${reader} ${quoted(value)}, which no input, initializer or node provides; export the model again`,
    node,
  );
}

function readNode(proto: NodeProto, name: string, visible: (name: string) => boolean, context: ReadContext): Node {
  const operator = proto.opType ?? "";
  const where = `${operator} node ${quoted(name)}`;
  const attributes = (proto.attribute ?? []).map((attribute) => {
    if (attribute.refAttrName) {
      throw new UserError("E_NOT_ONNX", `${where} refers to an attribute of a function, but is in none`, name);
    }
    const value = readAttribute(attribute, name, where, {
      tensor: (tensor, what) => readTensor(tensor, tensor.name ?? "", what, context),
      graph: (subgraph) => readGraph(subgraph, visible, context),
    });
    return [attribute.name ?? "", value] as const;
  });
  return {
    name,
    operator,
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    // fromEntries defines properties, so that an attribute named __proto__ is just another attribute.
    attributes: Object.fromEntries(attributes),
  };
}

/** The inputs of a node and every name that is read inside its subgraphs (which ONNX keeps distinct from outer ones). */
function namesRead(node: NodeProto): string[] {
  const subgraphs = (node.attribute ?? []).flatMap((attribute) => attribute.g ?? []);
  return [
    ...(node.input ?? []),
    ...subgraphs.flatMap((graph) => [
      ...(graph.node ?? []).flatMap(namesRead),
      ...(graph.output ?? []).map((output) => output.name ?? ""),
    ]),
  ];
}

/** Names as the model has them where they are unique; else made from operator and index, or numbered. */
function uniqueNodeNames(nodes: readonly NodeProto[]): string[] {
  const given = new Set(nodes.map((node) => node.name ?? ""));
  const used = new Set<string>([""]);
  const counts = new Map<string, number>();
  return nodes.map((node, index) => {
    let name = node.name ?? "";
    if (used.has(name)) {
      const stem = name === "" ? `${node.opType}_${index}` : name;
      name = stem;
      for (let i = counts.get(stem) ?? 2; used.has(name) || given.has(name); i++) {
        name = `${stem}_${i}`;
        counts.set(stem, i + 1);
      }
    }
    used.add(name);
    return name;
  });
}

/** @throws UserError E_TYPE for a value that is no tensor or has an unsupported element type. */
export function readValueInfo(proto: ValueInfoProto, what: string): ValueInfo {
  const name = proto.name ?? "";
  const tensor = proto.type?.tensorType;
  if (!tensor)
    throw new UserError(
      "E_OUT_OF_SCOPE",
      `${what} ${quoted(name)} is not a tensor but a sequence, optional or map; firmware has tensors only, export the model without it`,
      name,
    );
  return { name, type: requireElementType(tensor.elemType ?? 0, what, name), dims: readDims(proto) };
}

/** What the model says of its intermediate values, where the IR can hold it. */
export function readDeclaredValues(protos: readonly ValueInfoProto[]): Map<string, ValueInfo> {
  const result = new Map<string, ValueInfo>();
  for (const proto of protos) {
    const type = elementTypeOf(proto.type?.tensorType?.elemType ?? 0);
    const name = proto.name ?? "";
    if (type) result.set(name, { name, type, dims: readDims(proto) });
  }
  return result;
}

function readDims(proto: ValueInfoProto): readonly (number | string)[] | undefined {
  return proto.type?.tensorType?.shape?.dim?.map((dim) => {
    if (dim.dimParam) return dim.dimParam;
    // Exporters write 0 or -1 for "unknown"; an input without elements would be of no use.
    const value = dim.dimValue == null ? 0 : toNumber(dim.dimValue as Int64);
    return value > 0 ? value : "?";
  });
}
